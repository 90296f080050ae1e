"""What a page asks ahead is answered while it is drawn, and is asked no more once its reader has left."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st

from spanledger_dashboards import report as reports
from spanledger_dashboards import warming
from spanledger_dashboards.filtering import sidebar
from spanledger_dashboards.page_list import PAGES
from spanledger_dashboards.report import ahead, asking, come_to, report
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from spanledger_sql.store import Store

NAME = "filters/choices"


@pytest.fixture(autouse=True)
def _served(sample_store: Store, serve: Callable[[Store], None]) -> None:
    serve(sample_store)


class Held:
    """A question that has begun, and is not answered before it is let."""

    def __init__(self) -> None:
        self.begun, self.let = threading.Event(), threading.Event()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Holds the questions of the test."""
    held, ask = Held(), reports._ask

    def waiting(store: Store, tag: str, name: str, given: Any) -> pd.DataFrame:
        held.begun.set()
        assert held.let.wait(60)
        return ask(store, tag, name, given)

    monkeypatch.setattr(reports, "_ask", waiting)
    yield held
    held.let.set()


def test_a_report_asked_ahead_is_waited_for_and_not_asked_again(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = [], reports.answer
    monkeypatch.setattr(reports, "answer", lambda name, **given: (asked.append(name), answer(name, **given))[1])
    with asking():
        ahead((NAME, {"values": 1}), (NAME, {"values": 1}))
        threading.Timer(0.2, held.let.set).start()
        rows = report(NAME, values=1)
    assert len(rows)
    assert asked == [NAME]


@pytest.mark.usefixtures("held")
def test_who_waits_for_what_was_asked_ahead_may_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reports, "get_run_yield_check", lambda: leave)
    begin = time.monotonic()
    with asking():
        ahead((NAME, {"values": 3}))
        with pytest.raises(KeyboardInterrupt):
            report(NAME, values=3)
    # Sooner than its question is let go.
    assert time.monotonic() - begin < 30


def test_what_is_not_waited_for_is_taken_back_when_the_page_is_left(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_back = threading.Event()
    monkeypatch.setattr(reports, "_cancel", lambda *_: taken_back.set())
    with asking():
        ahead((NAME, {"values": 2}))
        assert held.begun.wait(60)
    assert taken_back.wait(60)


def test_a_report_raises_what_it_raised_ahead() -> None:
    with asking():
        ahead((NAME, {}))
        with pytest.raises(StoreError, match="values"):
            report(NAME)


def test_what_is_not_of_a_report_is_come_to() -> None:
    threads: list[str] = []

    def told() -> int:
        threads.append(threading.current_thread().name)
        return 7

    with asking():
        ahead(told)
        assert come_to(told) == 7
    assert come_to(told) == 7
    assert [name.startswith("dashboards-ahead") for name in threads] == [True, False]


def test_choices_are_asked_beside_the_moment_and_again_where_it_is_too_near(
    open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = [], sidebar.answer
    monkeypatch.setattr(sidebar, "answer", lambda name, **given: (asked.append(name), answer(name, **given))[1])

    def look() -> int:
        st.cache_data.clear()
        asked.clear()
        assert open_page("budgets").multiselect(key="tenants").options
        return asked.count(NAME)

    assert look() == 1
    monkeypatch.setattr(sidebar, "_WHOLE_AFTER", timedelta(days=36_500))
    assert look() == 2


@pytest.mark.parametrize(
    ("address", "begins_first"), [({}, True), ({"period": "Whole record"}, True), ({"tenants": "northwind"}, False)]
)
def test_a_page_that_nothing_is_narrowed_of_begins_before_it_is_known_what_there_is_to_narrow_to(
    open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, address: dict[str, str], *, begins_first: bool
) -> None:
    events: list[tuple[str, str]] = []
    ask = reports._ask
    begun = threading.Event()

    def noted(store: Store, tag: str, name: str, given: Any) -> pd.DataFrame:
        events.append(("begun", name))
        if name == "finance/movers":
            begun.set()
        elif name == NAME:
            # As long as it takes the page to begin; a page that waits for this never does.
            begun.wait(20 if begins_first else 1)
        rows = ask(store, tag, name, given)
        events.append(("answered", name))
        return rows

    monkeypatch.setattr(reports, "_ask", noted)
    st.cache_data.clear()
    open_page("finance", **address)
    before = events.index(("begun", "finance/movers")) < events.index(("answered", NAME))
    assert before == begins_first
    # What was begun is what the page waits for: of the period, and of the one before it.
    assert [name for event, name in events if event == "begun"].count("finance/movers") == 1
    assert [name for event, name in events if event == "begun"].count("chargeback/owed") == 2


def test_a_process_that_is_warmed_has_loaded_its_pages() -> None:
    names = {f"spanledger_dashboards.pages.{page.reader}.{page.module}" for page in PAGES}
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\nfrom spanledger_dashboards import warming\nwarming.load()\nprint(*sys.modules)",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert names <= set(said.stdout.split())


def test_the_database_is_warmed_by_what_every_page_begins_with(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answer = [], warming.answer
    monkeypatch.setattr(warming, "answer", lambda name, **given: (asked.append(name), answer(name, **given))[1])
    warming.warm()
    assert sorted(asked) == ["filters/as_of", NAME]
