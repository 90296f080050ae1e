"""Times every page of the dashboards until it is complete, over a month of calls: at the first look, and again.

Bar: at 20 million rows on two cores each page is complete within a second. The first look is in a new session with
nothing remembered, the lists of filters included. The traffic is that of `reports.py`. What a browser adds, to draw
what it is sent, is in no figure here.

    python bench/pages.py --rows 1000000
    python bench/pages.py --rows 20000000 --page finance --page sustainability
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from pathlib import Path

import streamlit as st
from reports import fill
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import open_store
from spanledger_dashboards.page_list import PAGES
from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_enrich.worker import load_reference_data
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_BAR_S = 1.0
_PAGE = """
from spanledger_dashboards.page_list import PAGES
from spanledger_dashboards.filtering.sidebar import filters_in_sidebar

next(page for page in PAGES if page.url_path == "{page}").draw(filters_in_sidebar())
"""
_OCTOBER = {"period": "Custom", "days": ["2024-10-01", "2024-10-30"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--page", action="append", choices=[page.url_path for page in PAGES])
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        configuration = load(data_dir=Path(folder))
        with Store.open(configuration, exclusive=True) as store:
            migrate(store)
            load_reference_data(store)
            fill(store, options.rows)
            while sum_hours(store, quiet_s=0, margin_s=0):
                pass
            open_store.hand_over(store)
            open_store.configure(configuration)
            print(f"{'page':<16} {'first look, s':>14} {'again, s':>10} {'with another filter, s':>23}")
            slowest = 0.0
            for page in options.page or [page.url_path for page in PAGES]:
                st.cache_data.clear()
                first, again = _seconds(page), _seconds(page)
                filtered = _seconds(page, tenants="tenant-7")
                slowest = max(slowest, first, filtered)
                print(f"{page:<16} {first:>14.2f} {again:>10.2f} {filtered:>23.2f}", flush=True)
            open_store.hand_over(None)
    print(f"\n{options.rows:,} rows; slowest {slowest:.2f} s, bar {_BAR_S:.0f} s at 20,000,000 rows on two cores")


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
