"""How budgets stand: what counts is the ledger's, and what is wrong in a file changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from harness.books import Books

from spanledger_enrich.books import charge, commitment, upkeep
from spanledger_enrich.books.budgets import alarm, budget, standing
from spanledger_enrich.books.charge import Charge
from spanledger_enrich.books.commitment import Commitment
from spanledger_enrich.files.import_file import ImportFileError

NOW = datetime(2024, 10, 20, 13, tzinfo=UTC)
HEAD = "budget,for,amount,unit,every,timezone,thresholds"


def call(day: datetime, cost: str, **changes: object) -> dict[str, object]:
    money = Decimal(cost)
    return {"ts": day, "price_status": "priced", "list_cost": money, "contracted_cost": money, "input_cost": money,
            **changes}  # fmt: skip


@pytest.fixture(scope="module")
def filled(books: Books) -> Books:
    noon = datetime(2024, 10, 1, 12, tzinfo=UTC)
    rows = [
        call(noon + timedelta(days=n), "1.5", tenant_id="acme", co2e_g=200.0, cost_center="4711") for n in range(20)
    ]
    rows += [call(noon + timedelta(days=n), "4", tenant_id="globex", dimensions={"desk": "emea"}) for n in range(5)]
    # 23:30 in UTC on the last day of September is October in Berlin.
    rows.append(call(datetime(2024, 9, 30, 22, 30, tzinfo=UTC), "7", tenant_id="acme"))
    books.fill(*({"cost_center": "", "dimensions": {}, "co2e_g": None, **row} for row in rows))
    return books


def stand(books: Books, write, *lines: str) -> dict[str, standing.Standing]:
    found = budget.read(write(HEAD, *lines, name="budgets.csv"))
    return {one.budget.budget: one for one in standing.standings(books.store, NOW, found, foretell=True)}


def test_each_scope_and_unit_counts_what_the_ledger_has(filled, write):
    found = stand(
        filled, write,
        "all,total,100,usd,month,UTC,", "acme,tenant=acme,30,usd,month,UTC,80;100",
        "berlin,tenant=acme,30,usd,month,Europe/Berlin,", "centre,cost_center=4711,1,kgco2e,month,UTC,",
        "desk,desk=emea,19,usd,year,UTC,", "tokens,feature=chat,1000,tokens,month,UTC,",
        "today,model=gpt-4o,2,usd,day,UTC,", "nobody,tenant=initech,5,usd,month,UTC,",
    )  # fmt: skip
    spent = {name: one.spent for name, one in found.items()}
    assert spent == {
        "all": Decimal(50), "acme": Decimal(30), "berlin": Decimal(37), "centre": Decimal(4), "desk": Decimal(20),
        "tokens": Decimal(25 * 110), "today": Decimal("1.5"), "nobody": Decimal(0),
    }  # fmt: skip
    assert [name for name, one in found.items() if one.breached] == ["berlin", "centre", "desk", "tokens"]
    assert found["acme"].reached == [80, 100]
    assert found["today"].reached == []


def test_a_period_is_foretold_by_what_was_used_and_what_is_to_come(filled, write):
    expected = stand(filled, write, "acme,tenant=acme,40,usd,month,UTC,")["acme"].expected
    assert expected is not None
    assert expected.method == "last week"
    assert expected.total == pytest.approx(31 * 1.5)
    assert expected.low <= expected.total <= expected.high


def test_a_day_that_uses_far_more_takes_nothing_from_the_days_to_come(filled, write):
    line = "acme,tenant=acme,40,usd,month,UTC,"
    one = stand(filled, write, line)["acme"]
    filled.add(call(NOW - timedelta(hours=1), "30", tenant_id="acme", span_id="b" * 16, trace_id="b" * 32))
    try:
        burst = stand(filled, write, line)["acme"]
    finally:
        filled.store.execute(f"ALTER TABLE ledger DELETE WHERE span_id = '{'b' * 16}' SETTINGS mutations_sync = 1")
    assert one.expected is not None
    assert burst.expected is not None
    assert burst.spent - one.spent == 30
    assert burst.expected.total - one.expected.total == pytest.approx(30)


def test_at_the_end_of_a_day_the_day_is_over_and_known(filled, write):
    found = budget.read(write(HEAD, "globex,tenant=globex,40,usd,month,UTC,", name="b.csv"))
    midnight = datetime(2024, 10, 2, tzinfo=UTC)
    ((one,), (next_day,)) = (
        standing.standings(filled.store, moment, found, foretell=True)
        for moment in (midnight - timedelta(microseconds=1), midnight)
    )
    # Of 4 USD a day one day is over: 30 are to come.
    assert one.expected is not None
    assert (one.expected.total, repr(one.expected)) == (31 * 4, repr(next_day.expected))


def test_what_is_charged_at_once_is_used_and_comes_on_no_other_day(filled, write):
    seats = {"charge": "s", "kind": "seats", "amount": "60", "from": "2024-10-15", "to": "2024-11-01", "tenant": "acme"}
    charge.record(filled.store, [Charge.model_validate(seats)], "a test")
    # A fee has a part on each day, also of who made no call.
    fee = {
        "commitment": "f",
        "kind": "fee",
        "amount": "31",
        "from": "2024-10-01",
        "to": "2024-11-01",
        "policy": "fixed",
    }
    commitment.record(filled.store, [Commitment.model_validate({**fee, "shares": {"initech": "1"}})], "a test")
    try:
        upkeep.bring_up_to_date(filled.store, filled.configuration)
        lines = ("acme,tenant=acme,100,usd,month,UTC,", "initech,tenant=initech,100,usd,month,UTC,")
        stands = stand(filled, write, *lines)
    finally:
        for table in ("charge", "charge_share", "charge_allocation", "commitment", "allocation", "allocation_row"):
            filled.store.execute(f"TRUNCATE TABLE {table}")
    assert stands["acme"].spent == 90
    assert stands["acme"].expected is not None
    assert stands["acme"].expected.total == pytest.approx(60 + 31 * 1.5)
    assert stands["initech"].expected is not None
    assert stands["initech"].expected.total == pytest.approx(31)


def test_a_forecast_of_a_period_that_is_over_is_held_against_what_came(filled, write):
    lines = "held,tenant=globex,40,usd,day,UTC,"
    early = datetime(2024, 10, 4, 6, tzinfo=UTC)
    found = budget.read(write(HEAD, lines, name="b.csv"))
    seen = standing.standings(filled.store, early, found, foretell=True)
    for _ in range(2):
        standing.remember_forecasts(filled.store, seen, early)
    assert filled.store.value("SELECT count() FROM budget_forecast FINAL") == 1
    record = stand(filled, write, lines)["held"].record
    assert (record.periods, record.held) == (1, 1)
    assert record.typical_error == pytest.approx(0, abs=1e-9)


def test_the_record_of_a_yearly_budget_has_years_that_began_long_ago(filled, write):
    line = "y,tenant=globex,40,usd,year,UTC,"
    found = budget.read(write(HEAD, line, name="b.csv"))
    early, late = datetime(2024, 10, 4, 6, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)
    try:
        standing.remember_forecasts(filled.store, standing.standings(filled.store, early, found, foretell=True), early)
        (one,) = standing.standings(filled.store, late, found, foretell=True)
        # 20 USD came in 2024, which began 1,022 days before; a forecast learns from the last 400 all the same.
        assert (one.record.periods, one.record.typical_error > 0, one.expected) == (1, True, None)
        (one,) = standing.standings(filled.store, late, found, foretell=False, with_record=True)
        assert (one.record.periods, one.expected) == (1, None)
        (one,) = standing.standings(filled.store, late + timedelta(days=4 * 366), found, foretell=True)
        assert one.record.periods == 0
    finally:
        filled.store.execute("TRUNCATE TABLE budget_forecast")


def test_a_budget_that_becomes_another_one_has_no_record_of_what_it_was(filled, write):
    early = datetime(2024, 10, 4, 6, tzinfo=UTC)
    usd, dearer, tokens = (
        "b,tenant=globex,40,usd,day,UTC,",
        "b,tenant=globex,50,usd,day,UTC,",
        "b,total,9,tokens,day,UTC,",
    )

    def said(line: str) -> list[standing.Standing]:
        found = budget.read(write(HEAD, line, name="b.csv"))
        budget.record(filled.store, found, "a test")
        standing.remember_forecasts(filled.store, standing.standings(filled.store, early, found, foretell=True), early)
        return standing.standings(filled.store, NOW, found, foretell=True)

    try:
        assert [one.record.held for line in (usd, dearer) for one in said(line)] == [1, 1]
        # What was foretold of dollars is not held against tokens; what is foretold from now on is, of that day, too.
        (changed,) = said(tokens)
        assert (changed.record.periods, changed.record.typical_error < 0.5) == (1, True)
        budget.record(filled.store, budget.read(write(HEAD, usd, name="b.csv")), "a test")
        found = budget.read(write(HEAD, usd, name="b.csv"))
        assert standing.standings(filled.store, NOW, found, foretell=True)[0].record.periods == 0
    finally:
        for table in ("budget", "budget_forecast", "book_history"):
            filled.store.execute(f"TRUNCATE TABLE {table}")


def test_each_threshold_is_one_alarm_a_period(filled, write):
    found = list(stand(filled, write, "acme,tenant=acme,30,usd,month,UTC,50;80;100;200").values())
    first = alarm.note(filled.store, alarm.of_budgets(found))
    assert [str(row["percent"]) for row in first if row["kind"] == "threshold"] == ["50", "80", "100"]
    assert alarm.note(filled.store, alarm.of_budgets(found)) == []
    # Under the same name, but of somebody else, it is another budget.
    other = list(stand(filled, write, "acme,total,30,usd,month,UTC,100").values())
    assert [row["tenant_id"] for row in alarm.note(filled.store, alarm.of_budgets(other))] == [""]
    more = list(stand(filled, write, "acme,tenant=acme,31,usd,month,UTC,50;80;100;200").values())
    assert len(alarm.note(filled.store, alarm.of_budgets(more))) >= 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,tenant=acme,-5,usd,month,UTC,", "amount: '-5': input should be greater than 0"),
        ("a,tenant=acme,nan,usd,month,UTC,", "amount"),
        ("a,tenant=acme,5,eur,month,UTC,", "unit: 'eur'"),
        ("a,tenant=acme,5,usd,week,UTC,", "every: 'week'"),
        ("a,tenant=acme,5,usd,month,Europe/Atlantis,", "timezone: 'Europe/Atlantis': there is no such time zone"),
        ("a,tenant=,5,usd,month,UTC,", "for: 'tenant=' is nobody"),
        ("a,acme,5,usd,month,UTC,", "for: 'acme' is nobody"),
        ("a,,5,usd,month,UTC,", "for: field required"),
        ("a,tenant=acme,5,usd,month,UTC,0;80", "thresholds.0: '0'"),
        ("a,tenant=acme,5,usd,month,UTC,\na,total,5,usd,month,UTC,", "'a' is there twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(write, line, said):
    with pytest.raises(ImportFileError, match=r"budgets\.csv:[23]: ") as error:
        budget.read(write(HEAD, line, name="budgets.csv"))
    assert said in str(error.value)
    assert str(error.value).endswith("nothing was imported")
