"""Each figure of each page is what its command prints, and what its SQL gives, under the same filters."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from books_sample import add_books
from harness import data_folder
from harness.command import in_process
from harness.node import start_node
from ledger_sample import insert, ledger_sample
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import open_store
from spanledger_dashboards.drawing import evidence
from spanledger_dashboards.page_list import PAGES
from spanledger_settings.configuration import Configuration, load
from spanledger_sql import store as sql
from spanledger_sql.store import Store

EVERYBODY: dict[str, Any] = {"period": "Custom", "days": ["2024-10-01", "2024-10-31"]}
# What a shell, a list of a command and a text of SQL each read otherwise than it stands.
FEATURE, OWN, DESK = "a=b, c\\d 'e' \"f\" $HOME", "desk=1", "e,'m'\\=\"ea\""
# Of these days the third is an hour longer in Berlin.
NARROWED: dict[str, Any] = {
    "period": "Custom", "days": ["2024-10-25", "2024-10-31"], "timezone": "Europe/Berlin", "feature": [FEATURE],
    "tenants": ["northwind", "(unattributed)"], "own": OWN, f"own_{OWN}": [DESK, f"(no {OWN})"],
    "zone": ["DE", "GB", "USA"],
}  # fmt: skip
# How long something has been so: another at each glance.
SINCE = ("behind_seconds", "silent_seconds", "waiting_seconds")
ASKED = [
    *((page.url_path, NARROWED) for page in PAGES),
    *((page.url_path, EVERYBODY) for page in PAGES if page.title == "Overview"),
]


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Configuration]:
    """Of a running node with the sample ledger and books: pages and commands ask it as they do on anybody's machine."""
    configuration = load(data_dir=tmp_path_factory.mktemp("cli") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        sample = ledger_sample(2000).replace({"feature": {"search": FEATURE}})
        sample["dimensions"] = [
            {OWN: DESK if said["desk"] == "emea" else said["desk"]} if said else {} for said in sample["dimensions"]
        ]
        insert(store, sample)
        add_books(store, configuration, sample, configuration.data_dir.parent)
    node = start_node(configuration)
    yield configuration
    node.stop()


@pytest.fixture(scope="module")
def store(configuration: Configuration) -> Iterator[Store]:
    with Store.open(configuration) as opened:
        st.cache_data.clear()
        open_store.hand_over(opened)
        yield opened
        open_store.hand_over(None)
        st.cache_data.clear()


@pytest.mark.parametrize(
    ("url_path", "address"), ASKED, ids=lambda asked: asked if isinstance(asked, str) else str(len(asked))
)
def test_every_command_of_a_page_prints_what_its_sql_gives(
    configuration: Configuration, store: Store, url_path: str, address: dict[str, Any]
) -> None:
    page = opened(url_path, address)
    blocks = [*((block.language, block.value) for block in page.code), ("", "")]
    compared = 0
    for (language, command), (following, statement) in itertools.pairwise(blocks):
        if language not in ("bash", "shell") or not command.startswith("spanledger "):
            continue
        words = shlex.split(command)[1:]
        if following == "sql":
            done = in_process(*words, "--format", "json", data_dir=configuration.data_dir)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
            frame = store.query_frame(statement)
            assert_same(printed(done.stdout), frame, command)
            if not compared:
                asked = in_process("sql", statement, "--format", "json", data_dir=configuration.data_dir)
                assert asked.returncode == 0, asked.stderr
                assert_same(printed(asked.stdout), frame, "sql")
            compared += 1
    # The sample has no coding agents, which their page says.
    assert compared or url_path == "agents", "the page says of no figure which command prints it"


@pytest.mark.parametrize("name", ["sustainability/headline", "finance/waste", "bills/bridge", "grid/zones"])
def test_sql_that_is_copied_says_the_settings_that_its_figures_rely_on(name: str) -> None:
    copied = evidence._to_copy(sql.statement(f"reports/{name}"))
    assert copied.count("\nSETTINGS ") == 1
    last = copied.rpartition("\nSETTINGS ")[2]
    assert sorted(last.split(", ")) == ["enable_materialized_cte = 1", "join_use_nulls = 1"]


def opened(url_path: str, address: dict[str, Any]) -> AppTest:
    text = (
        "from spanledger_dashboards.page_list import PAGES\n"
        "from spanledger_dashboards.filtering.sidebar import filters_in_sidebar\n"
        f"next(page for page in PAGES if page.url_path == {url_path!r}).draw(filters_in_sidebar())"
    )
    page = AppTest.from_string(text, default_timeout=60)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def printed(text: str) -> list[dict[str, Any]]:
    return [] if not text.strip() else json.loads(text, parse_float=str, parse_int=str)


def assert_same(rows: list[dict[str, Any]], frame: pd.DataFrame, command: str) -> None:
    """The command's rows are the statement's: in all columns that both have, whatever the order."""
    if not rows:
        assert frame.empty or not frame.select_dtypes("number").any().any(), command
        return
    shared = [name for name in frame if name in rows[0] and name not in SINCE]
    assert shared, command
    told = sorted([normal(row[name]) for name in shared] for row in rows)
    asked = sorted([normal(value) for value in row] for row in frame[shared].itertuples(index=False))
    assert told == asked, command


def normal(value: Any) -> str:
    """A value as text: to 12 significant digits, whoever added it up."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return json.dumps([normal(one) for one in value])
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.12g}"
