"""A report of a period at rest reads nothing but sums, and says what the ledger says whatever is written meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from harness.books import NOON, OCTOBER, Books

from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_sql.definitions.sums_alone import of_sums_alone
from spanledger_sql.policy.access import scope_settings
from spanledger_sql.store import Store, statement

BEFORE = {"before_from": datetime(2024, 9, 1, tzinfo=UTC), "before_to": datetime(2024, 10, 1, tzinfo=UTC)}
ASKED: dict[str, Any] = {
    **OCTOBER, **BEFORE, "custom": [], "own": "", "own_values": [], "tenants": [], "where": [], "where_names": [],
    "where_values": [], "by": ["tenant"], "rows": 100, "moment": datetime(2200, 1, 1, tzinfo=UTC),
}  # fmt: skip
# By call_hours, by drawn_hours, by what is looked up in the report itself of two periods, and of hours.
REPORTS = ("finance/headline", "chargeback/chargeback", "finance/movers", "finance/waste", "finance/unit_costs")
SEPTEMBER = NOON - timedelta(days=30)


class Watched:
    """What queries of reports read while `before` the first of them something happens."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch, before: Callable[[], None] | None = None) -> None:
        self.by_call: list[bool] = []
        asked = store.query_frame

        def watched(query: str, parameters: Any = None) -> pd.DataFrame:
            if not self.by_call and before is not None:
                before()
            self.by_call.append(not re.search(r"CAST\('\[[\d,()]*\]', 'Array\(Tuple", query))
            return asked(query, parameters)

        monkeypatch.setattr(store, "query_frame", watched)


def given(name: str, **more: Any) -> tuple[str, dict[str, Any]]:
    text = statement(f"reports/{name}")
    return text, {key: value for key, value in {**ASKED, **more}.items() if f"{{{key}:" in text}


def call_by_call(books: Books, name: str, **more: Any) -> pd.DataFrame:
    """The report when no sums hold."""
    kept = books.store.rows("SELECT * FROM ledger_hour")
    books.store.execute("TRUNCATE TABLE ledger_hour")
    books.store.execute(statement("ledger/batch/mark_hours"), {"calls": "ledger"})
    text, parameters = given(name, **more)
    try:
        return books.store.query_frame(text, parameters)
    finally:
        books.store.execute("TRUNCATE TABLE ledger_hour")
        books.store.insert("ledger_hour", kept)


def take_sums(store: Store) -> None:
    while sum_hours(store, quiet_s=0, margin_s=0):
        pass


@pytest.fixture
def at_rest(books: Books) -> Books:
    cost = {"list_cost": 1, "contracted_cost": 1, "price_status": "priced", "energy_wh": 2.0, "co2e_g": 0.5}
    books.fill(
        *({**cost, "ts": start + timedelta(hours=hour), "status": status, "session_id": "s", "tenant_id": tenant}
          for start in (SEPTEMBER, NOON) for hour in (0, 1, 30) for status in ("ok", "error") for tenant in ("a", "b"))
    )  # fmt: skip
    take_sums(books.store)
    return books


def alike(one: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(one.astype(object), other.astype(object), rtol=1e-12)


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_but_sums_is_read_of_a_period_at_rest(
    at_rest: Books, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    expected = call_by_call(at_rest, name)
    watched = Watched(at_rest.store, monkeypatch)
    alike(at_rest.store.report_frame(*given(name)), expected)
    assert watched.by_call == [False]


def test_what_hosts_drew_while_no_call_ran_stands_beside_sums(at_rest: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = {"energy_wh": 7.0, "energy_wh_low": 6.0, "energy_wh_high": 8.0, "co2e_g": 1.0, "zone": "DE"}
    at_rest.store.insert("idle_energy", [{**drawn, "host_name": "gpu-1", "hour": NOON.replace(minute=0)}])
    try:
        expected = call_by_call(at_rest, "chargeback/chargeback")
        watched = Watched(at_rest.store, monkeypatch)
        found = at_rest.store.report_frame(*given("chargeback/chargeback"))
    finally:
        at_rest.store.execute("TRUNCATE TABLE idle_energy")
    alike(found, expected)
    assert (watched.by_call, "(idle)" in set(found["tenant"])) == ([False], True)


@pytest.mark.parametrize("name", REPORTS)
def test_what_is_written_between_the_look_and_the_report_is_in_it(
    at_rest: Books, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def come_late() -> None:
        late = {"list_cost": 5, "contracted_cost": 5, "price_status": "priced", "status": "error", "tenant_id": "late"}
        at_rest.add({**late, "ts": NOON + timedelta(minutes=1)})

    with monkeypatch.context() as patched:
        watched = Watched(at_rest.store, patched, come_late)
        found = at_rest.store.report_frame(*given(name))
    assert watched.by_call == [False, True]
    alike(found, call_by_call(at_rest, name))
    assert "late" in found.to_string() or name == "finance/headline"


@pytest.mark.parametrize("name", REPORTS)
def test_sums_that_are_taken_anew_and_merged_meanwhile_are_no_loss(
    at_rest: Books, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def come_late_and_be_summed() -> None:
        at_rest.add({"ts": NOON + timedelta(minutes=1), "status": "error", "list_cost": 5, "contracted_cost": 5})
        take_sums(at_rest.store)
        for table in ("ledger_sum", "hour_waste"):
            at_rest.store.execute(f"OPTIMIZE TABLE {table} FINAL")

    with monkeypatch.context() as patched:
        watched = Watched(at_rest.store, patched, come_late_and_be_summed)
        found = at_rest.store.report_frame(*given(name))
    assert watched.by_call == [False, True]
    alike(found, call_by_call(at_rest, name))


@pytest.mark.parametrize("name", REPORTS)
def test_a_period_whose_last_hour_is_not_at_rest_is_read_with_its_calls(
    at_rest: Books, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    at_rest.add({"ts": NOON + timedelta(hours=40), "status": "error", "list_cost": 5, "contracted_cost": 5})
    expected = call_by_call(at_rest, name)
    watched = Watched(at_rest.store, monkeypatch)
    alike(at_rest.store.report_frame(*given(name)), expected)
    assert watched.by_call == [True]


@pytest.mark.parametrize(
    "more",
    [
        {"to": NOON + timedelta(hours=30, minutes=10)},
        {"moment": datetime(2024, 1, 1, tzinfo=UTC)},
        {"own": "user"},
    ],
    ids=["it ends within an hour", "it is asked for as it was", "its users are told apart"],
)
def test_what_sums_do_not_tell_is_read_of_calls(
    at_rest: Books, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any]
) -> None:
    expected = call_by_call(at_rest, "finance/headline", **more)
    watched = Watched(at_rest.store, monkeypatch)
    alike(at_rest.store.report_frame(*given("finance/headline", **more)), expected)
    assert watched.by_call == [True]


def test_a_call_whose_hour_is_not_exact_may_be_of_any_period(at_rest: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    at_rest.add({"ts": datetime(2200, 1, 1, tzinfo=UTC), "contracted_cost": 5, "price_status": "priced"})
    take_sums(at_rest.store)
    watched = Watched(at_rest.store, monkeypatch)
    (row,) = at_rest.store.report_frame(*given("finance/headline")).to_dict("records")
    assert (watched.by_call, row["calls"]) == ([True], 12)


def test_a_period_without_calls_is_at_rest(at_rest: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(at_rest.store, monkeypatch)
    december = {"from": datetime(2024, 12, 1, tzinfo=UTC), "to": datetime(2025, 1, 1, tzinfo=UTC)}
    (row,) = at_rest.store.report_frame(*given("finance/headline", **december)).to_dict("records")
    assert (watched.by_call, row["calls"]) == ([False], 0)


def test_who_sees_one_tenants_rows_reads_its_sums_alone(at_rest: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    scoped = at_rest.store.scoped(scope_settings("a"))
    watched = Watched(scoped, monkeypatch)
    (row,) = scoped.report_frame(*given("finance/headline")).to_dict("records")
    assert (watched.by_call, row["calls"]) == ([False], 6)


def test_what_follows_from_rows_is_not_told_before() -> None:
    asked = "from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = '2200-01-01', grain = 'hour'"
    text = f"WITH (SELECT ['desk']) AS own SELECT * FROM call_hours({asked}, timezone = 'UTC', told = %s)"
    assert of_sums_alone(text % "own") is None
    assert of_sums_alone(text % "(SELECT ['desk'])") is None
    assert of_sums_alone(text % "['desk']") is not None
    assert of_sums_alone("SELECT count() FROM ledger") is None
