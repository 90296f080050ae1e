"""Times every page of the dashboards until it is complete, over a month of calls: at the first look, and again.

Bar: at 20 million rows on two cores each page is complete within a second. The first look is in a new session with
nothing remembered, the lists of filters included, in a process that has done at its start what the pages' process does
then (`warming.warm`), which is told first. The traffic is that of `reports.py`. What a browser adds, to draw
what it is sent, is in no figure here.

    python bench/pages.py --rows 1000000
    python bench/pages.py --rows 20000000 --page finance --page sustainability
    python bench/pages.py --rows 5000000 --data-dir kept --page capacity --queries

With `--data-dir` the ledger stays there for the next run; with `--queries` each page's queries are told, and what it
has reckoned by several, the slowest first. Times of the wall are of an idle machine; CPU seconds are nearly the same
on a busy one.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from reports import fill
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import books_moment, moment, open_store, reckoned, report, warming
from spanledger_dashboards.filtering import sidebar
from spanledger_dashboards.page_list import PAGES
from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    # A query with its parameters, or what is reckoned of the store by more than one.
    Asked = tuple[str, dict[str, Any]] | Callable[[Store], Any]

_BAR_S = 1.0
_PAGE = """
from spanledger_dashboards.page_list import PAGES
from spanledger_dashboards.filtering.sidebar import filters_in_sidebar
from spanledger_dashboards.report import asking

page = next(page for page in PAGES if page.url_path == "{page}")
with asking():
    page.draw(filters_in_sidebar(page.begin))
"""
_OCTOBER = {"period": "Custom", "days": ["2024-10-01", "2024-10-30"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--page", action="append", choices=[page.url_path for page in PAGES])
    parser.add_argument("--data-dir", type=Path, help="where the ledger is kept; filled where it is empty")
    parser.add_argument("--queries", action="store_true", help="tell what each page asks, alone, and how long it takes")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    # A server looks for components among all installed packages once, when it starts; each run of a test would anew.
    manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
    manifest_scanner.scan_component_manifests()
    with contextlib.ExitStack() as kept:
        folder = options.data_dir or Path(kept.enter_context(tempfile.TemporaryDirectory()))
        configuration = load(data_dir=folder)
        store = kept.enter_context(Store.open(configuration, exclusive=True))
        migrate(store)
        load_reference_data(store)
        if not (rows := int(store.value("SELECT count() FROM ledger"))):
            fill(store, rows := options.rows)
        while sum_hours(store, quiet_s=0, margin_s=0):
            pass
        open_store.hand_over(store)
        open_store.configure(configuration)
        begin, cpu = time.perf_counter(), time.process_time()
        warming.warm()
        print(f"warmed in {time.perf_counter() - begin:.2f} s, {time.process_time() - cpu:.2f} CPU s")
        print(
            f"{'page':<16} {'first look, s':>14} {'CPU, s':>8} {'again, s':>10} "
            f"{'with another filter, s':>23} {'CPU, s':>8}"
        )
        slowest = 0.0
        for page in options.page or [page.url_path for page in PAGES]:
            st.cache_data.clear()
            with _asked() as queries:
                cpu = time.process_time()
                first = _seconds(page)
                cpu = time.process_time() - cpu
            again = _seconds(page)
            with _asked() as narrowed:
                cpu_filtered = time.process_time()
                filtered = _seconds(page, tenants="tenant-7")
                cpu_filtered = time.process_time() - cpu_filtered
            slowest = max(slowest, first, filtered)
            print(
                f"{page:<16} {first:>14.2f} {cpu:>8.2f} {again:>10.2f} {filtered:>23.2f} {cpu_filtered:>8.2f}",
                flush=True,
            )
            if options.queries:
                _tell(store, queries)
                print("  with another filter")
                _tell(store, narrowed)
        open_store.hand_over(None)
    print(f"\n{rows:,} rows; slowest {slowest:.2f} s, bar {_BAR_S:.0f} s at 20,000,000 rows on two cores")


@contextlib.contextmanager
def _asked() -> Iterator[dict[str, Asked]]:
    """What pages ask meanwhile, by the report and what tells it from the page's others, and what they have reckoned."""
    found: dict[str, Asked] = {}
    answer, cached = report.answer, reckoned._cached
    # Who asks anew has the function by its name.
    asking = (report, moment, books_moment, sidebar)

    def noted(name: str, **parameters: Any) -> pd.DataFrame:
        given = {taken: parameters[taken] for taken in report.takes(name) if taken in parameters}
        told = [str(given[one]) for one in ("dimension", "by", "zone", "rows", "from") if one in given]
        found[" ".join([name, *told])] = report._text(name), given
        return answer(name, **parameters)

    def noted_too(url: str, scope: str, what: str, of: dict[str, object], *, _reckon: Callable[[Store], Any]) -> Any:
        found[f"reckoned: {what}"] = _reckon
        return cached(url, scope, what, of, _reckon=_reckon)

    for module in asking:
        module.answer = noted
    reckoned._cached = noted_too
    try:
        yield found
    finally:
        for module in asking:
            module.answer = answer
        reckoned._cached = cached


def _tell(store: Store, queries: dict[str, Asked]) -> None:
    taken = []
    for name, asked in queries.items():
        if callable(asked):
            taken.append((*_taken(functools.partial(asked, store)), None, name))
            continue
        text, given = asked
        planned, _ = _taken(functools.partial(store.report_frame, text, given, tag="EXPLAIN PIPELINE "))
        taken.append((*_taken(functools.partial(store.report_frame, text, given)), planned, name))
    for cpu, wall, plan, name in sorted(taken, key=lambda each: each[0], reverse=True):
        planning = "" if plan is None else f", of these {plan:>6.3f} planning"
        print(f"    {name[:86]:<86} {wall:>6.3f} s {cpu:>6.3f} CPU s{planning}")


def _taken(do: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds and seconds."""
    begin, cpu = time.perf_counter(), time.process_time()
    do()
    return time.process_time() - cpu, time.perf_counter() - begin


def _seconds(page: str, **address: str) -> float:
    script = AppTest.from_string(_PAGE.format(page=page), default_timeout=600)
    for name, value in {**_OCTOBER, **address}.items():
        script.query_params[name] = value
    begin = time.perf_counter()
    script.run()
    taken = time.perf_counter() - begin
    assert not script.exception, script.exception
    return taken


if __name__ == "__main__":
    main()
