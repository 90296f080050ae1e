from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from spanledger_settings import figures

if TYPE_CHECKING:
    from spanledger_sql.store import Store

Pages = Callable[..., AppTest]


def test_without_agents_the_page_says_where_their_settings_are(open_page: Pages) -> None:
    assert "coding-agents" in open_page("agents").info[0].value


def test_the_page_shows_what_agents_used(open_page: Pages, counted: pd.DataFrame, sample_store: Store) -> None:
    sample_store.execute(
        "ALTER TABLE ledger UPDATE agent = 'claude-code' WHERE feature = 'search' SETTINGS mutations_sync = 1"
    )
    theirs = counted[counted["feature"] == "search"]
    page = open_page("agents")
    assert not page.exception
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Calls"] == figures.count(len(theirs))
    by_agent = page.dataframe[0].value
    assert list(by_agent["agent"]) == ["claude-code"]
    assert by_agent["input_tokens"].sum() == theirs["input_tokens"].sum()
    assert by_agent["list_cost"].sum() == pytest.approx(float(theirs["list_cost"].dropna().sum()))
