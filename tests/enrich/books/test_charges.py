"""Every charge is told once, by meter or kind, and sums to what the ledger, commitments and charges say."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from harness.books import Books
from harness.month_of_charges import CHARGES, METERS, OCTOBER, OTHERS, SPAN, USED, make

from spanledger_enrich.books import charge, charge_shares
from spanledger_enrich.books.bills import bill
from spanledger_enrich.books.bills.also_billed import AlsoBilled, also_billed, of_period
from spanledger_enrich.books.charge import Charge, UnknownChargeError
from spanledger_enrich.books.closing import close
from spanledger_enrich.files.import_file import ImportFileError

CHARGES_OF = "SELECT * FROM charges(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})"


@pytest.fixture(autouse=True)
def _month(books: Books) -> None:
    make(books)


def summed(rows, key, value="effective_cost"):
    sums = defaultdict(Decimal)
    for row in rows:
        sums[row[key]] += row[value] or 0
    return dict(sums)


def test_each_meter_and_each_kind_costs_what_it_does_by_hand(books):
    rows = books.store.rows(CHARGES_OF, **OCTOBER)
    by_meter = {name: cost for name, cost in summed(rows, "meter").items() if cost}
    assert by_meter == {**METERS, **{name: Decimal(cost) for name, cost in OTHERS.items()}}
    billed = summed(rows, "meter", "billed_cost")
    assert (billed["prepaid"], billed["drawdown"], billed["expired"]) == (100, -USED, 0)
    assert sum(billed.values()) == 100 + sum(Decimal(OTHERS[name]) for name in OTHERS if name != "expired")
    # A budget as it stood at the end of the last day has what expires with the month.
    rows = books.store.rows(CHARGES_OF, **{**OCTOBER, "to": OCTOBER["to"] - timedelta(microseconds=1)})
    assert summed(rows, "meter")["expired"] == Decimal(OTHERS["expired"])


def test_the_books_have_the_list_cost_that_charges_have(books):
    event = close.record(books.store, "2024-10", close.Person("ann", "ann"))
    try:
        rows = books.store.rows("SELECT * FROM book_entry WHERE posting = {posting:String}", posting=event.posting)
        of_charges = books.store.rows(CHARGES_OF, **OCTOBER)
        by_list = summed(of_charges, "tenant_id", "list_cost")
        parties = {row["party"]: row["tenant_id"] for row in books.store.rows("SELECT * FROM book_party")}
        assert summed(({**row, "of": parties[row["party"]]} for row in rows), "of", "list_cost") == by_list
        seats = {row["model"]: (row["list_cost"], row["cost"]) for row in rows if row["kind"] == "charge"}
        assert (seats["storage"], seats["credit"]) == ((Decimal("12.34"),) * 2, (Decimal("-0.50"),) * 2)
    finally:
        for table in ("book_event", "book_party", "book_entry"):
            books.store.execute(f"TRUNCATE TABLE {table}")


def test_prepaid_credits_are_drawn_down_in_order_and_until_nothing_is_left(books):
    month = {"to": "2024-11-01", "kind": "prepaid", "provider": "openai"}
    few = {"charge": "few", "amount": "0.0025", "from": "2024-10-02", **month}
    more = {"charge": "more", "amount": "50", "from": "2024-10-03", **month, "to": "2034-10-01"}
    other = {"charge": "other", "amount": "9", "from": "2024-10-03", **month, "provider": "anthropic"}
    charge.remove(books.store, "wallet")
    charge.record(books.store, [Charge.model_validate(one) for one in (more, few, other)], "a test")

    def draws():
        rows = books.store.rows(CHARGES_OF, **OCTOBER)
        rows = [row for row in rows if row["charge_kind"] == "drawdown"]
        assert {row["effective_cost"] for row in rows} <= {0}
        return summed(rows, "charge_id", "billed_cost")

    assert draws() == {"few": Decimal("-0.0025"), "more": Decimal("0.0025") - USED}
    (row,) = [row for row in books.report("charges/list") if row["charge"] == "few"]
    assert (row["drawn"], row["left"]) == (Decimal("0.0025"), 0)
    before = books.store.rows("SELECT * FROM charge_allocation FINAL ORDER BY charge_id")
    assert charge_shares.allocate(books.store) == 0
    assert books.store.rows("SELECT * FROM charge_allocation FINAL ORDER BY charge_id") == before
    books.book({**SPAN, "input_tokens": 1000})
    assert draws() == {"few": Decimal("-0.0025"), "more": -USED}


def test_what_expires_is_a_share_of_what_the_month_cost_and_not_of_what_was_bought(books):
    (expired,) = [row for row in books.report("finance/waste") if row["waste"] == "expired credits"]
    cost = sum(row["effective_cost"] or 0 for row in books.store.rows(CHARGES_OF, **OCTOBER))
    assert expired["cost"] == Decimal(OTHERS["expired"])
    assert expired["share"] == pytest.approx(float(expired["cost"] / cost))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_the_trend_and_what_stands_beside_it_are_the_effective_and_the_billed_cost(books, zone):
    asked = {"dimension": "tenant", "grain": "day", "timezone": zone}
    found = defaultdict(Decimal)
    billed = Decimal(0)
    for row in books.report("finance/trend", series=9, **asked):
        found[row["name"]] += row["contracted_cost"] or 0
    for row in books.report("chargeback/beside_trend", **asked):
        found[row["name"]] += row["commitment_cost"] + row["idle_cost"] + row["charge_cost"] - row["covered_cost"]
        billed += row["prepaid_cost"]
    rows = books.store.rows(CHARGES_OF, **OCTOBER)
    assert {name: cost for name, cost in found.items() if cost} == {
        name: cost for name, cost in summed(rows, "tenant_id").items() if cost
    }
    assert billed + sum(found.values()) == sum(row["billed_cost"] or 0 for row in rows)


def test_a_charge_that_is_on_a_bill_too_is_refused_and_told(books, tmp_path):
    bill_file = tmp_path / "bill.csv"
    lines = [
        "provider,amount,currency,day,meter",
        "openai,5.00,USD,2024-10-03,storage",
        "openai,7.34,USD,2024-10-04,storage",
    ]
    bill_file.write_text("\n".join(lines) + "\n")
    bill.record(books.store, bill.checked(books.store, [bill_file]))
    (twice,) = of_period(books.store, date(2024, 10, 1), date(2024, 10, 31))
    assert twice == AlsoBilled("storage", "bill.csv", "storage", Decimal("12.34"))
    month = {"from": "2024-10-01", "to": "2024-11-01", "kind": "storage", "provider": "openai"}
    for fields, is_twice in (
        ({"amount": "7.34"}, True), ({"amount": "7.30"}, False), ({"amount": "12.34", "provider": "anthropic"}, False),
        ({"amount": "12.34", "from": "2024-10-04"}, False), ({"amount": "12.34", "kind": "fee"}, False),
    ):  # fmt: skip
        one = Charge.model_validate({"charge": "new", **month, **fields})
        found = also_billed(books.store, charge.in_usd(books.store, [one], "a.csv"))
        assert bool(found) is is_twice, fields
    with pytest.raises(
        ImportFileError, match=r"a\.csv: charge 'new' is on the bill bill\.csv, too: storage of 12\.34 USD"
    ):
        charge.refuse_billed(
            books.store,
            charge.in_usd(books.store, [Charge.model_validate({"charge": "new", "amount": "12.34", **month})], "a.csv"),
            "a.csv",
        )


def test_the_meters_of_calls_sum_to_the_ledger(books):
    for name in ("list_cost", "contracted_cost"):
        told = sum(row[name] or 0 for row in books.store.rows("SELECT * FROM metered_charge"))
        assert told == sum(row[name] or 0 for row in books.store.rows("SELECT * FROM calls"))


def test_what_the_ledger_rounded_or_charged_at_least_is_a_row_of_its_own(books):
    books.store.execute("ALTER TABLE ledger UPDATE list_cost = list_cost + 0.000000000007 WHERE web_searches = 2"
                        " SETTINGS mutations_sync = 1")  # fmt: skip
    (rest,) = books.store.rows("SELECT * FROM metered_charge WHERE meter = 'rounding'")
    assert (rest["list_cost"], rest["contracted_cost"]) == (Decimal("7E-12"), 0)


def test_usage_without_a_price_has_quantities_and_no_cost(books):
    rows = books.store.rows("SELECT * FROM metered_charge WHERE list_cost IS NULL ORDER BY model, meter")
    assert [(row["model"], row["meter"], row["quantity"]) for row in rows] == [
        ("gpt-4o-2024-08-06", "request", 1),
        ("nonesuch", "input", 10),
        ("nonesuch", "output", 3),
    ]


def test_calls_and_carbon_are_counted_once(books):
    told = books.store.rows("SELECT sum(first_of_call) AS calls, sum(co2e_g) AS co2e_g FROM metered_charge")[0]
    (known,) = books.store.rows("SELECT count() AS calls, sum(co2e_g) AS co2e_g FROM calls")
    assert told["calls"] == known["calls"]
    assert told["co2e_g"] == pytest.approx(known["co2e_g"])


def test_a_charge_is_shared_out_to_the_last_digit(books):
    shares = books.store.rows("SELECT * FROM charge_share WHERE charge_id = 'vat'")
    assert sorted(row["amount"] for row in shares) == [Decimal("0.633333333333")] * 2 + [Decimal("0.633333333334")]


def test_charging_again_the_same_changes_nothing_and_a_charge_can_be_taken_back(books):
    month = {"from": "2024-10-01", "to": "2024-11-01"}
    assert charge.record(books.store, [Charge.model_validate({**month, **CHARGES[0]})], "again") == 0
    charge.remove(books.store, "storage")
    assert "storage" not in summed(books.store.rows(CHARGES_OF, **OCTOBER), "meter")
    with pytest.raises(UnknownChargeError, match="there is no charge 'storage'"):
        charge.remove(books.store, "storage")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "lunch"}, "kind: 'lunch'"),
        ({"amount": "-1"}, "expected less than 0 of a credit"),
        ({"to": "2024-10-01"}, "to: expected a time after from"),
        ({"quantity": "3"}, "unit: expected"),
        ({"tenant": "acme", "policy": "even"}, "tenant: expected alone"),
        ({"policy": "fixed"}, "shares: expected"),
        ({"kind": "prepaid", "policy": "even"}, "policy: prepaid"),
        ({"currency": "euro"}, "currency"),
    ],
)
def test_a_bad_charge_is_refused_by_file_and_field(tmp_path, fields, told):
    path = tmp_path / "charges.csv"
    row = {"charge": "x", "kind": "storage", "amount": "1", "from": "2024-10-01", "to": "2024-11-01", **fields}
    path.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    with pytest.raises(ImportFileError, match=told) as refused:
        charge.read(path)
    assert str(refused.value).startswith(f"{path}:2: ")
