"""What tenants pay by their plans: in chargeback, in the books and in FOCUS, against amounts worked out by hand."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from harness.focus_conformance import faults
from harness.month_of_charges import SPAN, keep, make

from spanledger_enrich.books import charge, upkeep
from spanledger_enrich.books.charge import Charge
from spanledger_enrich.books.closing import chain, close
from spanledger_enrich.books.closing.statements import statement
from spanledger_enrich.books.closing.statements.issued import issued
from spanledger_enrich.books.closing.verification import verify
from spanledger_enrich.books.focus import cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import Asked
from spanledger_enrich.books.focus.dataset import columns
from spanledger_enrich.books.plans import plan, rate_card
from spanledger_enrich.books.plans.plan import Plan
from spanledger_enrich.books.plans.rate_card import Rate
from spanledger_settings.period import period
from spanledger_sql.definitions.included_parts import with_parts

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
MONTH = ("--month", "2024-10")
CLOSED = ("book_event", "book_entry", "book_line", "book_party", "book_statement", "book_journal")
CARD = (
    {"card": "gold", "provider": "openai", "model": "gpt-4o", "meter": "input", "price": "4.40"},
    {"card": "gold", "meter": "tokens", "price": "1.10"},
)


@pytest.fixture(scope="module", autouse=True)
def month_again(books):
    """Makes the month for all tests; gives what makes it again of a test that changed it."""
    make(books)
    return keep(books)


@pytest.fixture(autouse=True)
def _no_plans(books):
    yield
    for table in ("price_plan", "rate_card", "book_history", *CLOSED):
        books.store.execute(f"TRUNCATE TABLE {table}")


@pytest.fixture
def planned(books):
    def hold(*plans):
        named = [Plan.model_validate({"from": "2024-10", **one}) for one in plans]
        plan.refuse(books.store, [("a test", one) for one in named])
        plan.record(books.store, named, "a test")

    return hold


@pytest.fixture
def chargeback(spanledger):
    def read(by, *more):
        printed = spanledger("chargeback", *MONTH, "--by", by, *more, "--format", "csv-exact")
        return list(csv.DictReader(io.StringIO(printed)))

    return read


def summed(rows, name):
    return sum((Decimal(row[name] or 0) for row in rows), Decimal(0))


def of_tenant(rows, name, tenant):
    return summed([row for row in rows if row["tenant"] == tenant], name)


def test_a_plan_of_no_percent_is_the_cost_in_every_breakdown(planned, chargeback):
    before = chargeback("tenant")
    assert all(row["charged_cost"] == row["effective_cost"] for row in before)
    planned({"plan": "all", "tenant": "*", "markup_percent": "0"})
    for by in ("tenant,month", "model,provider,cost_center", "feature,day"):
        rows = chargeback(by)
        assert all(row["charged_cost"] == row["effective_cost"] for row in rows)
        assert summed(rows, "charged_cost") == summed(before, "effective_cost")


def test_a_markup_is_on_all_that_a_tenant_costs_and_nobody_without_a_name_pays_one(planned, chargeback):
    planned(
        {"plan": "acme", "tenant": "acme", "markup_percent": "15"},
        {"plan": "rest", "tenant": "*", "markup_percent": "100"},
    )
    rows = chargeback("tenant,provider")
    # By hand: use 0.0253125, of the fee 60 %, storage, half of the seats, the credit, and its even part of the tax.
    tax = next(row for row in rows if row["tenant"] == "globex" and row["provider"] == "")
    even = Decimal(tax["charge_cost"]) - 30
    cost = Decimal("0.0253125") + Decimal("4.662") + Decimal("12.34") + 30 - Decimal("0.50") + even
    assert abs(of_tenant(rows, "charged_cost", "acme") - cost * Decimal("1.15")) < Decimal("1e-9")
    for tenant, times in (("globex", 2), ("(unattributed)", 1)):
        assert of_tenant(rows, "charged_cost", tenant) == times * of_tenant(rows, "effective_cost", tenant)
    for by in ("model,cost_center", "feature,workflow,day"):
        assert summed(chargeback(by), "charged_cost") == summed(rows, "charged_cost")


def test_a_rate_card_and_a_minimum_in_euros_with_the_rate_that_is_printed(
    books, planned, chargeback, spanledger, month_again
):
    rate_card.record(books.store, [Rate.model_validate(one) for one in CARD], "a test")
    planned(
        {"plan": "gold", "tenant": "globex", "card": "gold", "minimum": "50", "currency": "EUR",
         "exchange_rate": "1.10", "rounding": "line"},
    )  # fmt: skip
    # By hand, EUR a million: 1000 x 4.40 + 100 x 1.10 of gpt-4o, 334 x 1.10 of gpt-4o-mini, which a commitment pays.
    use = (Decimal(1000) * Decimal("4.40") + Decimal(434) * Decimal("1.10")) / 1_000_000 * Decimal("1.10")
    rows = [row for row in chargeback("tenant,model") if row["tenant"] == "globex"]
    models = {row["model"]: Decimal(row["charged_cost"]) for row in rows if row["model"]}
    assert summed([row for row in rows if row["model"].startswith("gpt")], "charged_cost") == use
    assert models["gpt-4o-mini"] == Decimal(334) * Decimal("1.10") / 1_000_000 * Decimal("1.10")
    assert summed(rows, "charged_cost") == 55
    # A part of a month knows no minimum, and says so.
    day = ("--from", "2024-10-08", "--to", "2024-10-09", "--tenant", "globex", "--format", "json")
    [part] = json.loads(spanledger("chargeback", *day))
    assert Decimal(part["charged_cost"]) == use
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    said = issued(books.store, "2024-10", "globex").said
    assert said["billing"]["total"] == "50.000000000000"
    assert said["billing"]["rates"] == {"2024-10": "1.1"}
    assert sum(Decimal(line["billed"]) for line in said["lines"]) == 50
    assert Decimal(said["total"]["price"]) == 55
    assert verify(books.store).faults == ()
    page = issued(books.store, "2024-10", "globex").as_bytes("html").decode()
    assert "50.00 EUR" in page
    assert "1 EUR = 1.1 USD in 2024-10" in page
    # Late use fills the month up: what it costs is no longer lacking, and nothing more is paid.
    books.book({**SPAN, "tenant_id": "globex", "request_model": "gpt-4o", "input_tokens": 1_000_000})
    try:
        event = close.record(books.store, "2024-11", ANN)
        rows = books.store.rows(
            "SELECT kind, reason, price FROM book_entry WHERE posting = {p:String} AND service_month = '2024-10' "
            "AND party = {of:String} ORDER BY kind DESC", p=event.posting, of=said["party"],
        )  # fmt: skip
        assert [tuple(row.values()) for row in rows] == [
            ("usage", "late", Decimal("4.84")), ("minimum", "plan", Decimal("-4.84")),
        ]  # fmt: skip
    finally:
        month_again()


# EUR a million: the line that names the meter most exactly holds, then the model, then the provider.
LINES = (
    {"meter": "tokens", "price": "1"}, {"meter": "input", "price": "2"}, {"meter": "cache_read", "price": "3"},
    {"meter": "cache_write", "price": "4"}, {"meter": "cache_write_1h", "price": "8", "model": "claude-3-5-sonnet"},
    {"meter": "output", "price": "5"},
    {"meter": "input", "price": "6", "provider": "openai"}, {"meter": "input", "price": "7", "model": "gpt-4o"},
    {"meter": "output", "price": "99", "provider": "anthropic", "model": "gpt-4o"},
)  # fmt: skip


def test_a_card_in_a_currency_at_the_rate_of_the_months_first_day(books, planned, spanledger, month_again):
    rates = ((9, 1, "1.05"), (10, 1, "1.10"), (10, 15, "1.20"))
    books.store.insert("exchange_rate", [
        {"currency": "EUR", "valid_from": datetime(2024, month, day, tzinfo=UTC), "usd": Decimal(usd),
         "source": "a test"} for month, day, usd in rates
    ])  # fmt: skip
    rate_card.record(books.store, [Rate.model_validate({"card": "all", **one}) for one in LINES], "a test")
    planned(
        {"plan": "card", "tenant": "globex", "card": "all", "markup_percent": "10", "currency": "EUR",
         "free_amount": "1"},
        {"plan": "edge", "tenant": "edge", "to": "2024-11", "markup_percent": "100"},
    )  # fmt: skip
    more = {**SPAN, "tenant_id": "globex", "cache_read_audio_tokens": 0}
    books.book(
        {**more, "input_tokens": 1000, "cache_read_tokens": 200, "output_tokens": 100, "reasoning_tokens": 30,
         "web_searches": 2, "cache_read_audio_tokens": 50},
        {**more, "provider": "anthropic", "request_model": "claude-3-5-sonnet-20240620", "input_tokens": 500,
         "cache_write_tokens": 300, "cache_write_1h_tokens": 100, "output_tokens": 10},
        {**more, "provider": "anthropic", "request_model": "claude-3-haiku-20240307", "input_tokens": 100,
         "cache_write_tokens": 100, "cache_write_1h_tokens": 100},
        {**more, "tenant_id": "edge", "ts": datetime(2024, 9, 30, 23, 30, tzinfo=UTC), "input_tokens": 1000},
    )  # fmt: skip
    try:
        upkeep.bring_up_to_date(books.store, books.configuration)
        asked = ("--by", "tenant", "--format", "csv-exact", "--timezone", "Europe/Berlin")
        rows = list(csv.DictReader(io.StringIO(spanledger("chargeback", *MONTH, *asked))))
        # The batch and gpt-4o-mini of the month, and the three of here; what no line names alone is of its class.
        gpt = 1000 * 7 + 100 * 5 + 333 * 6 + 5 + 800 * 7 + 200 * 3 + 100 * 5
        use = Decimal(gpt + 200 * 2 + 200 * 4 + 100 * 8 + 10 * 5 + 100 * 4) / 1_000_000 * Decimal("1.10")
        searches = 2 * Decimal("0.01") * Decimal("1.10")
        # What commitments pay is charged by the card, and charges, seats and a tax, are passed on with the markup.
        tax = books.store.value("SELECT sum(amount) FROM charge_share WHERE charge_id = 'vat' AND tenant_id = 'globex'")
        passed_on = (30 + tax) * Decimal("1.1")
        charged = of_tenant(rows, "charged_cost", "globex")
        assert abs(charged - (use + searches + passed_on - Decimal("1.10"))) < Decimal("1e-11")
        # 1,000 tokens of gpt-4o before UTC's midnight, in October in Berlin.
        assert of_tenant(rows, "charged_cost", "edge") == 2 * Decimal("0.0025")
    finally:
        books.store.execute("DELETE FROM exchange_rate WHERE source = 'a test'")
        month_again()


def test_a_price_is_rounded_half_away_from_zero(books):
    half = "toDecimal128('0.5', 8)"
    text = (
        f"WITH {{{{planned}}}} SELECT marked_up(toDecimal128('0.000000000001', 12), {half}) AS more, "
        f"marked_up(toDecimal128('-0.000000000001', 12), {half}) AS less, "
        "carded(toDecimal128('0.0000000000005', 18), toDecimal128(1, 22), toDecimal128(1, 6)) AS by_card"
    )
    last = Decimal("1e-12")
    assert books.store.rows(with_parts(text)) == [{"more": last, "less": -last, "by_card": last}]


def test_what_is_free_comes_off_the_month_and_never_more_than_it_comes_to(planned, chargeback):
    def comes_to(**free):
        planned({"plan": "acme", "tenant": "acme", "basis": "list", **free})
        return of_tenant(chargeback("tenant"), "charged_cost", "acme")

    whole = comes_to()
    assert comes_to(free_amount="0.01") == whole - Decimal("0.01")
    # 1,100 tokens, 13 without a price, 789: 1,902 in all.
    free = (Decimal("0.0253125") * 1901 / 1902).quantize(Decimal("1e-12"), "ROUND_DOWN")
    assert comes_to(free_tokens=1901) == whole - free
    assert comes_to(free_tokens=10**9) == whole - Decimal("0.0253125")
    assert comes_to(free_amount="1000") == 0


def test_a_credit_that_is_more_than_the_month_is_the_tenants_but_for_a_minimum(books, planned, chargeback, month_again):
    month = {"from": "2024-10-01", "to": "2024-11-01", "tenant": "globex"}
    credit = Charge.model_validate({**month, "charge": "much", "kind": "credit", "amount": "-1000"})
    charge.record(books.store, [credit], "a test")
    upkeep.bring_up_to_date(books.store, books.configuration)
    try:
        cost = of_tenant(chargeback("tenant"), "effective_cost", "globex")
        assert cost < -900
        planned({"plan": "g", "tenant": "globex", "free_amount": "5"})
        assert of_tenant(chargeback("tenant"), "charged_cost", "globex") == cost
        close.record(books.store, "2024-10", ANN)
        assert books.store.value("SELECT count() FROM book_entry WHERE kind IN ('allowance', 'minimum')") == 0
        planned({"plan": "g", "tenant": "globex", "minimum": "5"})
        assert of_tenant(chargeback("tenant"), "charged_cost", "globex") == 5
    finally:
        month_again()


def test_a_tenant_that_does_not_pay_is_shown_what_it_would(books, planned, chargeback):
    planned({"plan": "acme", "tenant": "acme", "markup_percent": "-50", "pays": "no"})
    rows = chargeback("tenant")
    assert of_tenant(rows, "charged_cost", "acme") == 0
    half = of_tenant(rows, "effective_cost", "acme") / 2
    assert abs(of_tenant(rows, "showback_cost", "acme") - half) < Decimal("1e-9")
    assert summed(rows, "showback_cost") == of_tenant(rows, "showback_cost", "acme")
    close.record(books.store, "2024-10", ANN)
    drafts = statement.drafts(books.store, statement.Closing("2024-10"), len(chain.events(books.store)))
    known = {one["party"]: one["tenant_id"] for one in statement.parties(books.store).values()}
    said = {known[party]: json.loads(text) for party, text in drafts.items()}
    assert said["acme"]["billing"]["pays"] is False
    assert said["globex"]["billing"]["pays"] is True


def test_a_plan_that_changes_later_is_an_adjustment_that_says_so(books, planned):
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    planned({"plan": "acme", "tenant": "acme", "markup_percent": "100"})
    event = close.record(books.store, "2024-10", ANN)
    rows = books.store.rows("SELECT * FROM book_entry WHERE posting = {p:String}", p=event.posting)
    assert {(row["month"], row["service_month"], row["reason"], row["cost"]) for row in rows} == {
        ("2024-11", "2024-10", "plan", 0)
    }
    before = issued(books.store, "2024-10", "acme").said["total"]
    assert sum(row["price"] for row in rows) == Decimal(before["price"]) == Decimal(before["cost"])


def test_months_are_those_of_the_plan(books, planned):
    planned(
        {"plan": "one", "tenant": "acme", "from": "2024-09", "to": "2024-10", "markup_percent": "1"},
        {"plan": "two", "tenant": "acme", "from": "2024-10-01", "to": "2024-12", "markup_percent": "2"},
        {"plan": "rest", "tenant": "*", "from": "2024-01", "to": "2025-01", "markup_percent": "3"},
    )
    held = books.store.rows(
        "SELECT plan_id, min(month) AS first, max(month) AS last FROM plan_month GROUP BY plan_id ORDER BY plan_id"
    )
    assert [tuple(row.values()) for row in held] == [
        ("one", date(2024, 9, 1), date(2024, 9, 1)), ("rest", date(2024, 1, 1), date(2024, 12, 1)),
        ("two", date(2024, 10, 1), date(2024, 11, 1)),
    ]  # fmt: skip


def test_what_is_to_pay_is_shown_where_only_an_adjusted_month_has_a_plan(books, planned, spanledger, month_again):
    planned({"plan": "g", "tenant": "globex", "to": "2024-11", "free_amount": "1000"})
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    books.book({**SPAN, "tenant_id": "globex", "input_tokens": 1_000_000})
    close.soft(books.store, "2024-11", ANN, grace_days=0)
    close.hard(books.store, "2024-11", BOB)
    try:
        # The call is free as the month was, and costs 2.50 all the same.
        one = issued(books.store, "2024-11", "globex")
        assert (Decimal(one.said["total"]["cost"]), Decimal(one.said["billing"]["total"])) == (Decimal("2.5"), 0)
        table = spanledger("statement", "2024-11", "--tenant", "globex", "--format", "table")
        assert "to pay: 0.00 USD" in table
        assert ("billed" in table, "-2.50" in table) == (True, True)
        page = one.as_bytes("html").decode()
        assert ("to pay USD</th>" in page, '<td class="n">-2.50</td>' in page) == (True, True)
        assert "to pay USD</th>" not in issued(books.store, "2024-10", "acme").as_bytes("html").decode()
    finally:
        month_again()


def test_a_closed_month_keeps_the_rate_that_its_statements_were_issued_at(books, planned, spanledger, write):
    def rates(usd):
        return write("currency,valid_from,usd", f"EUR,2024-10-01,{usd}", name="rates.csv")

    head = "plan,tenant,from,to,minimum,currency,exchange_rate,rounding"
    try:
        spanledger("prices", "rates", rates("1.10"))
        planned({"plan": "g", "tenant": "globex", "minimum": "500", "currency": "EUR"})
        close.soft(books.store, "2024-10", ANN, grace_days=0)
        close.hard(books.store, "2024-10", BOB)
        assert issued(books.store, "2024-10", "globex").said["billing"]["total"] == "500.000000000000"
        told = " ".join(spanledger("prices", "rates", rates("1.50"), fails=True).split())
        assert "EUR: 2024-10 is closed, and its statements by the plan 'g' were issued at 1.1 USD, not 1.5" in told
        # What was not loaded bills nobody 133 euros more for a month whose minimum was met.
        assert close.record(books.store, "2024-10", ANN) is None
        spanledger("prices", "rates", rates("1.100"))
        other = write(head, "g,globex,2024-10,,500,EUR,1.5,statement", name="plans.csv")
        told = " ".join(spanledger("plans", "import", other, fails=True).split())
        assert "plan 'g': 2024-10 is closed, and its statements were issued in EUR at 1.1 USD" in told
        # As it is told: the rate agreed for what is closed, and another plan from then on.
        two = ("g,globex,2024-10,2024-11,500,EUR,1.1,statement", "h,globex,2024-11,,500,EUR,,statement")
        spanledger("plans", "import", write(head, *two, name="plans.csv"))
        spanledger("prices", "rates", rates("1.50"))
        assert close.record(books.store, "2024-10", ANN) is None
        [row] = books.store.rows("SELECT usd_each FROM plan_month WHERE month = '2024-11-01' AND plan_id = 'h'")
        assert row["usd_each"] == Decimal("1.5")
    finally:
        books.store.execute("TRUNCATE TABLE exchange_rate")


def test_a_closed_month_keeps_its_currency_whatever_becomes_of_plans(books, planned, spanledger, write):
    head = "plan,tenant,from,to,currency,exchange_rate"

    def refused(*arguments):
        return " ".join(spanledger("plans", *arguments, fails=True).split())

    def file(*lines):
        return write(head, *lines, name="plans.csv")

    planned(
        {"plan": "g", "tenant": "globex", "currency": "EUR", "exchange_rate": "1.1"},
        {"plan": "all", "tenant": "*", "markup_percent": "10"},
    )
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    in_euros = "plan 'g': 2024-10 is closed, and its statements were issued in EUR at 1.1 USD ('globex')"
    in_dollars = "plan 'all': 2024-10 is closed, and its statements were issued in USD ('acme')"
    assert in_euros in (told := refused("remove", "g"))
    assert "nothing was removed" in told
    for plans, said in (
        (["g,globex,2024-11,,EUR,1.1"], in_euros),
        (["g,globex,2024-11,,EUR,1.1", "h,globex,2024-10,2024-11,USD,"], in_euros),
        (["a,acme,2024-10,,EUR,1.1"], in_dollars),
        (["all,*,2024-10,,EUR,1.1"], in_dollars),
    ):
        assert said in (told := refused("import", file(*plans))), plans
        assert "nothing was imported" in told
    assert {row["plan_id"] for row in plan.in_force(books.store)} == {"g", "all"}
    # Who has no statement of that month may get any; and what is paid in the same currency is corrected.
    spanledger("plans", "import", file("n,newcomer,2024-10,,EUR,1.1", "g,globex,2024-10,2024-11,EUR,1.10"))
    spanledger("plans", "remove", "all")
    assert close.record(books.store, "2024-10", ANN) is not None
    assert verify(books.store).faults == ()


def test_what_comes_after_a_close_is_corrected_in_the_plans_currency(books, planned, month_again):
    def exported(month):
        asked = Asked(period(month, None, None, "UTC"), "1.3", "internal", "Example AG")
        rows = pd.concat(cost_and_usage.frames(books.store, asked, 10**6), ignore_index=True)
        return rows[rows["BillingAccountId"] == "globex"]

    planned({"plan": "g", "tenant": "globex", "markup_percent": "10", "currency": "EUR", "exchange_rate": "1.10"})
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    before = exported("2024-10")["BilledCost"].sum()
    books.book({**SPAN, "tenant_id": "globex", "input_tokens": 1_000_000})
    close.record(books.store, "2024-11", ANN)
    try:
        closed, later = exported("2024-10"), exported("2024-11")
        assert abs(closed["BilledCost"].sum() - before) < Decimal("1e-9")
        assert set(closed["BillingCurrency"]) == set(later["BillingCurrency"]) == {"EUR"}
        # 2.50 USD and a tenth.
        assert later[later["x_CorrectionReason"] == "late"]["BilledCost"].sum() == Decimal("2.5")
    finally:
        month_again()


def test_list_costs_of_all_files_are_those_of_an_open_month_whatever_came_after_the_close(books, planned, month_again):
    """Of late charges, with their markup, and of parts of a commitment, which no list counts; of a later plan, too."""

    def listed(month):
        asked = Asked(period(month, None, None, "UTC"), "1.3", "internal", "Example AG")
        rows = pd.concat(cost_and_usage.frames(books.store, asked, 10**6), ignore_index=True)
        return rows[rows["BillingAccountId"] == "globex"].groupby("ChargeClass", dropna=False)["ListCost"].sum()

    plan = {"plan": "g", "tenant": "globex", "markup_percent": "10", "currency": "EUR", "exchange_rate": "1.10"}
    month = {"from": "2024-10-01", "to": "2024-11-01", "tenant": "globex"}
    planned(plan)
    close.soft(books.store, "2024-10", ANN, grace_days=0)
    close.hard(books.store, "2024-10", BOB)
    before = listed("2024-10").sum()
    try:
        seats = Charge.model_validate({**month, "charge": "late", "kind": "seats", "amount": "20"})
        charge.record(books.store, [seats], "a test")
        upkeep.bring_up_to_date(books.store, books.configuration)
        close.record(books.store, "2024-11", ANN)
        assert listed("2024-10").sum() == before
        # 20 USD and a tenth are 20 EUR at that rate.
        assert listed("2024-11")["Correction"] == 20
        planned({**plan, "markup_percent": "21"})
        close.record(books.store, "2024-11", ANN)
        together = listed("2024-10").sum() + listed("2024-11").sum()
        for table in CLOSED:
            books.store.execute(f"TRUNCATE TABLE {table}")
        assert abs(together - listed("2024-10").sum()) < Decimal("1e-9")
    finally:
        month_again()


def test_focus_bills_tenants_by_their_plans(books, planned, chargeback):
    rate_card.record(books.store, [Rate.model_validate(one) for one in CARD], "a test")
    planned(
        {
            "plan": "gold",
            "tenant": "globex",
            "card": "gold",
            "minimum": "50",
            "currency": "EUR",
            "exchange_rate": "1.10",
        },
        {"plan": "acme", "tenant": "acme", "markup_percent": "12.5", "free_amount": "3"},
    )
    asked = Asked(period("2024-10", None, None, "UTC"), "1.4", "internal", "Example AG")
    rows = pd.concat(cost_and_usage.frames(books.store, asked, 1), ignore_index=True)
    charged = chargeback("tenant")
    for tenant, rate in (("acme", Decimal(1)), ("globex", Decimal("1.10")), ("(unattributed)", Decimal(1))):
        own = rows[rows["BillingAccountId"] == tenant]
        assert set(own["BillingCurrency"]) == {"USD" if rate == 1 else "EUR"}
        assert abs(sum(own["BilledCost"]) * rate - of_tenant(charged, "charged_cost", tenant)) < Decimal("1e-9")
    text = rows.map(lambda value: "" if pd.isna(value) else f"{value:f}" if isinstance(value, Decimal) else value)
    names = frozenset(column.name for column in columns("CostAndUsage", "1.4"))
    assert faults(list(csv.DictReader(io.StringIO(text.to_csv(index=False)))), names) == []
    told = rows[rows["ChargeDescription"].str.contains("of the plan")]
    assert set(zip(told["BillingAccountId"], told["ChargeCategory"], strict=True)) == {
        ("acme", "Credit"), ("globex", "Adjustment"),
    }  # fmt: skip


HEAD = (
    "plan,tenant,from,to,markup_percent,card,minimum,free_amount,free_tokens,rounding,decimals,currency,exchange_rate"
)
BAD = {
    "p,acme,2024-10-02,,,,,,,,,,": "plans.csv:2: from: '2024-10-02': expected a month, or its first day",
    "p,acme,2024-10,2024-10,,,,,,,,,": "plans.csv:2: to: expected a month after from",
    "p,acme,2024-10,,ten,,,,,,,,": "plans.csv:2: markup_percent: 'ten'",
    "p,acme,2024-10,,,,,1,1,,,,": "plans.csv:2: free_tokens: expected free tokens or a free amount",
    "p,acme,2024-10,,,,,,,,,eur,": "plans.csv:2: currency: 'eur'",
    "p,acme,2024-10,,,,,,,,,GBP,": "plans.csv: plan 'p': exchange_rate: there is none of GBP for 2024-10-01",
    "p,acme,2024-10,,,silver,,,,,,,": "plans.csv: plan 'p': card: there is no rate card 'silver'",
    "p,acme,2024-10,,,,,,,,,USD,\nq,acme,2024-12,,,,,,,,,USD,": "plan 'p': from: it overlaps with the plan 'q'",
    "p,acme,2024-10,,,,,,,,,USD,\np,acme,2024-12,,,,,,,,,USD,": "plans.csv:3: plan: 'p' is there twice",
}


@pytest.mark.parametrize(("text", "told"), BAD.items())
def test_a_file_that_is_wrong_is_refused_by_file_row_and_field(spanledger, books, write, text, told):
    refused = " ".join(spanledger("plans", "import", write(HEAD, text, name="plans.csv"), fails=True).split())
    assert told in refused
    assert "nothing was imported" in refused
    assert books.store.value("SELECT count() FROM price_plan") == 0


def test_plans_and_cards_are_imported_replaced_and_removed(spanledger, write):
    cards = write("card,meter,price,per", "gold,tokens,2,1000000", "gold,request,0.001,1", name="cards.csv")
    assert "2 prices, 1 card new or changed" in spanledger("plans", "rates", cards)
    assert "2 prices, 0 cards new or changed" in spanledger("plans", "rates", cards)
    plans = write("plan,tenant,from,card", "a,acme,2024-10,gold", name="plans.csv")
    assert "1 plan, 1 new or changed" in spanledger("plans", "import", plans)
    assert "1 plan, 0 new or changed" in spanledger("plans", "import", plans)
    assert "goes by the rate card 'gold'" in spanledger("plans", "remove", "gold", "--card", fails=True)
    spanledger("plans", "rates", write("card,meter,price", "gold,tokens,3", name="cards.csv"))
    [line] = json.loads(spanledger("plans", "cards", "--format", "json"))
    assert (line["meter"], Decimal(line["price_per_million"]), line["plans"]) == ("tokens", 3, 1)
    spanledger("plans", "remove", "a")
    spanledger("plans", "remove", "gold", "--card")
    assert json.loads(spanledger("plans", "list", "--format", "json")) == []
    assert [row["done"] for row in json.loads(spanledger("plans", "history", "--format", "json"))] == [
        "removed",
        "imported",
    ]


def test_the_report_tells_how_a_month_came_about(planned, spanledger):
    planned({"plan": "acme", "tenant": "acme", "markup_percent": "10", "free_amount": "5", "minimum": "100"})
    [row] = json.loads(spanledger("plans", "report", *MONTH, "--tenant", "acme", "--format", "json"))
    assert (row["month"], row["plan"], Decimal(row["allowance"])) == ("2024-10", "acme", -5)
    assert Decimal(row["price"]) + Decimal(row["allowance"]) + Decimal(row["minimum"]) == 100
