"""What a statement bills: its lines sum to its total whatever the rule, and a month's minimum is met to the cent."""

from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books.plans.billing import billed, total

PRICES = st.lists(st.decimals(-1000, 1000, places=12), max_size=30)
RATES = st.decimals("0.01", 100, places=6)
DECIMALS = st.integers(0, 4)


def lines(prices, **more):
    return [{"price": price, "service_month": "2024-10", "kind": "usage", "reason": "", **more} for price in prices]


def said(rounding, rate=Decimal(1), decimals=2):
    return {"rounding": rounding, "decimals": decimals, "rates": {"2024-10": f"{rate:f}"}}


@given(PRICES, RATES, DECIMALS)
def test_rounded_lines_sum_to_the_total_whatever_the_rule(prices, rate, decimals):
    digit = Decimal(1).scaleb(-decimals)
    exact = [price / rate for price in prices]
    by_line = billed(lines(prices), said("line", rate, decimals))
    assert by_line == [amount.quantize(digit, ROUND_HALF_UP) for amount in exact]
    by_statement = billed(lines(prices), said("statement", rate, decimals))
    assert total(by_statement) == sum(exact, Decimal(0)).quantize(digit, ROUND_HALF_UP)
    for amounts in (by_line, by_statement):
        assert all(amount == amount.quantize(digit) for amount in amounts)
        assert all(abs(amount - one) <= digit for amount, one in zip(amounts, exact, strict=True))


@given(PRICES)
def test_without_rounding_each_line_is_its_price(prices):
    assert billed(lines(prices), said("none", decimals=12)) == prices


@given(st.lists(st.decimals(0, 10, places=12), max_size=30), RATES, st.sampled_from(["line", "statement"]))
def test_a_minimum_is_met_to_the_cent(prices, rate, rounding):
    least = Decimal(500)
    lacking = (least * rate - sum(prices, Decimal(0))).quantize(Decimal(1).scaleb(-12))
    if lacking <= 0:
        return
    found = billed([*lines(prices), *lines([lacking], kind="minimum")], said(rounding, rate))
    assert total(found) == least


def test_lines_are_turned_at_the_rate_of_their_own_month():
    both = [*lines([Decimal("1.10")]), *lines([Decimal("-1.00")], service_month="2024-09", reason="price")]
    terms = {"rounding": "line", "decimals": 2, "rates": {"2024-10": "1.10", "2024-09": "1.25"}}
    assert billed(both, terms) == [Decimal("1.00"), Decimal("-0.80")]
