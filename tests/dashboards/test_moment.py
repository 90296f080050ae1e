"""All figures of a page are of one moment of the ledger, whatever is written while they are asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from ledger_sample import WRITTEN
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import books_moment, moment, open_store
from spanledger_dashboards import report as reports
from spanledger_dashboards.moment import Moment, duration
from spanledger_dashboards.pages import newer_figures
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    import pandas as pd

    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]
OCTOBER: dict[str, Any] = {
    "from": "2024-10-01 00:00:00",
    "to": "2024-11-01 00:00:00",
    "tenants": [],
    "own": "",
    "own_values": [],
    "where": [],
    "dimension": "tenant",
}
OCTOBER |= {"names": 8, "series": 6, "grain": "day", "timezone": "UTC", "rows": 1000}
LATER = WRITTEN + timedelta(hours=1)


@pytest.fixture
def _written_later(sample_store: Store) -> Any:
    """Of 100 calls a newer row, without cost and emissions, and 50 calls more."""
    newer = "version + 1 AS version, {at:DateTime64(6, 'UTC')} AS enriched_at"
    some = "FROM ledger WHERE counted = 1 AND ledger.version = 1 ORDER BY span_id LIMIT {n:UInt64}"
    sample_store.execute(
        f"INSERT INTO ledger SELECT * REPLACE (NULL AS contracted_cost, NULL AS co2e_g, {newer}) {some}",
        {"at": LATER, "n": 100},
    )
    sample_store.execute(
        f"INSERT INTO ledger SELECT * REPLACE (concat('later', span_id) AS span_id, {newer}) {some}",
        {"at": LATER, "n": 50},
    )
    yield
    sample_store.execute("DELETE FROM ledger WHERE version = 2")


@pytest.mark.usefixtures("_written_later")
@pytest.mark.parametrize(
    "name",
    ["finance/headline", "finance/breakdown", "finance/trend", "finance/gaps", "chargeback/chargeback_table",
     "chargeback/owed", "sustainability/headline", "sustainability/breakdown", "sustainability/trend",
     "sustainability/hours", "sustainability/coverage", "sustainability/heat_map", "capacity/latency",
     "attribution/quality", "attribution/quality_trend"],
)  # fmt: skip
def test_a_report_of_a_moment_does_not_see_what_is_written_later(
    sample_store: Store, counted: pd.DataFrame, name: str
) -> None:
    then = sample_store.frame(f"reports/{name}", **OCTOBER, moment=WRITTEN)
    now = sample_store.frame(f"reports/{name}", **OCTOBER, moment=LATER)
    assert not then.equals(now)
    if name == "finance/headline":
        assert then["calls"].iloc[0] == len(counted)
        assert then["contracted_cost"].iloc[0] == counted["contracted_cost"].dropna().sum()
        assert now["calls"].iloc[0] == len(counted) + 50


@pytest.fixture
def _dated_in_the_future(sample_store: Store) -> Any:
    """A call that a sender with a wrong clock dates in 2100."""
    sample_store.execute(
        "INSERT INTO ledger SELECT * REPLACE (toDateTime64('2100-01-01', 9, 'UTC') AS ts, 'future' AS span_id) "
        "FROM ledger WHERE counted = 1 ORDER BY span_id LIMIT 1"
    )
    yield
    sample_store.execute("DELETE FROM ledger WHERE span_id = 'future'")


@pytest.fixture
def _dated_at_both_ends(sample_store: Store) -> Any:
    """Calls of the first and of the last day that a database has room for."""
    for number, at in enumerate(("1970-01-01 00:00:01", "2262-04-11 23:00:00")):
        sample_store.execute(
            "INSERT INTO ledger SELECT * REPLACE (toDateTime64({ts:String}, 9, 'UTC') AS ts, {id:String} AS span_id) "
            "FROM ledger WHERE counted = 1 ORDER BY span_id LIMIT 1",
            {"ts": at, "id": f"end-{number}"},
        )
    yield
    sample_store.execute("DELETE FROM ledger WHERE startsWith(span_id, 'end-')")


@pytest.mark.usefixtures("_dated_at_both_ends")
@pytest.mark.parametrize(
    ("name", "timezone"),
    [("finance", "Pacific/Kiritimati"), ("sustainability", "America/New_York"), ("quality", "UTC"), ("agents", "UTC")],
)
def test_the_whole_record_of_three_centuries_is_drawn(
    open_page: Pages, sample_store: Store, name: str, timezone: str
) -> None:
    page = open_page(name, period="Whole record", timezone=timezone)
    assert not page.error
    assert "are dated before 2015 or in the future" in "".join(block.proto.body for block in page.get("html"))
    if name == "finance":
        calls = sample_store.value("SELECT sum(known_calls) FROM calls")
        assert next(card.value for card in page.metric if card.label == "Calls") == f"{calls:,}"


@pytest.mark.usefixtures("_dated_in_the_future")
def test_a_call_of_2100_does_not_make_the_last_30_days_the_period_that_has_calls(open_page: Pages) -> None:
    page = open_page()
    assert next(box.value for box in page.selectbox if box.label == "Period") == "Whole record"
    assert page.metric


def test_a_page_says_up_to_when_it_is(open_page: Pages) -> None:
    for name in ("finance", "sustainability", "quality"):
        page = open_page(name, timezone="Europe/Berlin")
        text = "".join(block.proto.body for block in page.get("html"))
        assert "Ledger up to 1 Nov 2024, 09:30:05; nothing waits" in text
        assert "are dated before" not in text


def test_what_waits_is_told_with_how_long() -> None:
    at = datetime(2026, 11, 26, 14, 32, 5, tzinfo=UTC)
    told = Moment(at, at, at, at, calls=5, waiting=12, behind_seconds=3, commitments=0).told("UTC")
    assert told == "Ledger up to 26 Nov 2026, 14:32:05; 12 calls received and not yet in it wait, 3 s behind"
    assert [duration(seconds) for seconds in (3, 240, 7200, 400_000)] == ["3 s", "4 min", "2 h", "4 days"]


def test_a_report_is_asked_once_for_each_moment(
    request: pytest.FixtureRequest, sample_store: Store, serve: Callable[[Store], None]
) -> None:
    serve(sample_store)
    early = {**OCTOBER, "moment": WRITTEN.isoformat(" ", "microseconds")[:-6]}
    late = {**OCTOBER, "moment": LATER.isoformat(" ", "microseconds")[:-6]}
    calls = [reports.report("finance/headline", **parameters)["calls"].iloc[0] for parameters in (early, late)]
    request.getfixturevalue("_written_later")
    assert [reports.report("finance/headline", **one)["calls"].iloc[0] for one in (early, late)] == calls
    st.cache_data.clear()
    assert reports.report("finance/headline", **late)["calls"].iloc[0] == calls[1] + 50


def test_what_is_asked_of_a_month_that_is_over_is_remembered_while_other_calls_arrive(
    open_page: Pages, sample_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    october = {"period": "Custom", "days": ["2024-10-08", "2024-10-31"]}
    asked: list[str] = []
    answer = reports.answer
    monkeypatch.setattr(reports, "answer", lambda name, **given: asked.append(name) or answer(name, **given))
    monkeypatch.setattr(st.cache_data, "clear", lambda: None)
    copied = "FROM ledger WHERE counted = 1 ORDER BY span_id LIMIT 1"
    for hour, (day, again) in enumerate([("2024-10-23", True), ("2024-12-24", False), ("2024-10-24", True)], 10):
        replaced = f"'{day}' AS span_id, toDateTime64('{day} 12:00:00', 9, 'UTC') AS ts"
        at = f"toDateTime64('2024-11-01 {hour}:45:00', 6, 'UTC') AS enriched_at"
        sample_store.execute(f"INSERT INTO ledger SELECT * REPLACE ({replaced}, {at}) {copied}")
        moment._cached.clear()
        asked.clear()
        page = open_page("finance", **october)
        told = "".join(block.proto.body for block in page.get("html"))
        assert f"Ledger up to 1 Nov 2024, {hour}:45:00" in told
        assert ("finance/shares" in asked) is again
    sample_store.execute("DELETE FROM ledger WHERE span_id LIKE '2024-%'")


def test_an_open_page_has_newer_figures_once_calls_of_its_period_or_the_books_were_written_to(
    open_page: Pages, sample_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(newer_figures, "_look", lambda *seen: drawn.append(seen))
    october = {"period": "Custom", "days": ["2024-10-08", "2024-10-31"]}

    def has_newer() -> bool:
        filters, seen, books, present = drawn[-1]
        moment._cached.clear()
        books_moment._current.clear()
        return bool(newer_figures._state(filters, moment.current(), books=books, present=present) != seen)

    # Later than whatever other tests have written: what hours remember of that outlives it.
    def write(span_id: str, day: str, hour: int) -> None:
        replaced = f"'newer{span_id}' AS span_id, toDateTime64('{day} 12:00:00', 9, 'UTC') AS ts"
        at = f"toDateTime64('2024-11-02 {hour}:45:00', 6, 'UTC') AS enriched_at"
        some = "FROM ledger WHERE counted = 1 ORDER BY span_id LIMIT 1"
        sample_store.execute(f"INSERT INTO ledger SELECT * REPLACE ({replaced}, {at}) {some}")

    write("0", "2024-10-22", 10)
    open_page("sustainability", **october)
    assert not has_newer()
    write("1", "2024-12-24", 11)
    assert not has_newer()
    write("2", "2024-10-23", 12)
    assert has_newer()

    open_page("health", **october)
    write("3", "2024-12-24", 13)
    assert has_newer()

    open_page("bills", **october)
    assert not has_newer()
    sample_store.execute("INSERT INTO book_history (kind, name, done) VALUES ('charge', 'support', 'imported')")
    assert has_newer()
    sample_store.execute("DELETE FROM ledger WHERE startsWith(span_id, 'newer')")


def _ask_ahead_and_wait() -> None:
    with reports.asking():
        reports.ahead(("slow", {}), ("slow", {"else": 1}))
        reports.report("slow")


def _ask_ahead_and_leave() -> None:
    with reports.asking():
        reports.ahead(("slow", {}))
        time.sleep(1)
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("ask", "queries"),
    [
        (lambda: reports.answer("slow"), 1),
        (_ask_ahead_and_wait, 2),
        (_ask_ahead_and_leave, 1),
    ],
)
def test_a_query_ends_when_nobody_waits_for_it(
    sample_store: Store,
    serve: Callable[[Store], None],
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[], None],
    queries: int,
) -> None:
    serve(sample_store)
    monkeypatch.setattr(reports, "_text", lambda _name: "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)")
    asked = time.monotonic()

    def leave() -> None:
        if time.monotonic() - asked > 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(reports, "get_run_yield_check", lambda: leave)
    running = "SELECT count() FROM system.processes WHERE startsWith(query, '/* page-')"
    seen: list[int] = []
    watcher = threading.Timer(0.6, lambda: seen.append(int(sample_store.value(running))))
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        ask()
    watcher.join()
    assert seen == [queries]
    deadline = time.monotonic() + 10
    while sample_store.value(running) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sample_store.value(running) == 0


def test_a_query_that_takes_too_long_is_ended_with_what_to_do(
    sample_store: Store, serve: Callable[[Store], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(sample_store)
    monkeypatch.setattr(open_store, "LONGEST_SECONDS", 1)
    monkeypatch.setattr(reports, "_text", lambda _name: "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)")
    with pytest.raises(StoreError, match="took more than 1 seconds; choose a shorter period"):
        reports.answer("slow")


def test_the_tenants_and_the_extent_of_the_ledger_are_read_without_merging_its_rows(sample_store: Store) -> None:
    for name in ("filters/choices", "filters/as_of"):
        asked = f"EXPLAIN QUERY TREE {statement(f'reports/{name}')}"
        plan = sample_store.client.query(asked, parameters={"values": 1}).result_rows
        assert not any("ledger, final: 1" in line for (line,) in plan)
