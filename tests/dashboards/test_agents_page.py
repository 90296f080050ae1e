from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from shown_table import number, shown_tables
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
    [row] = shown_tables(page)["Coding agents by agent"].to_dict("records")
    assert row["Agent"] == "claude-code"
    assert number(row["Input tokens"]) == theirs["input_tokens"].sum()
    assert row["List"] == figures.usd(sum(theirs["list_cost"].dropna(), Decimal(0)))


def test_the_page_asks_for_one_breakdown_which_the_address_names(open_page: Pages, sample_store: Store) -> None:
    sample_store.execute(
        "ALTER TABLE ledger UPDATE agent = 'claude-code' WHERE feature = 'search' SETTINGS mutations_sync = 1"
    )
    assert list(shown_tables(open_page("agents"))) == ["Coding agents by agent", "Coding agents by team"]
    page = open_page("agents", used_by="model")
    assert list(shown_tables(page)) == ["Coding agents by agent", "Coding agents by model"]
    [chosen] = [box for box in page.selectbox if box.label == "Broken down by"]
    assert chosen.value == "model"
    with pytest.raises(AssertionError, match="broken down by 'mood' is unknown"):
        open_page("agents", used_by="mood")


def test_idle_seats_stand_beside_those_that_were_used(open_page: Pages, sample_store: Store) -> None:
    sample_store.execute(
        "ALTER TABLE ledger UPDATE agent = 'claude-code' WHERE feature = 'search' SETTINGS mutations_sync = 1"
    )
    sample_store.execute(
        "INSERT INTO commitment (commitment_id, kind, amount, begins, ends, agents, seats, policy, idle, covers_usage) "
        "VALUES ('claude-team', 'seats', 9000, '2024-10-01', '2024-11-01', ['claude-code'], 1000000, 'tokens', "
        "'own_line', 1)"
    )
    row = {"commitment_id": "claude-team", "version": 1, "hour": datetime(2024, 10, 1, tzinfo=UTC), "trace_id": ""}
    sample_store.insert(
        "allocation_row",
        [
            {**row, "tenant_id": "acme", "span_id": "", "amount": Decimal(3000), "idle": 0},
            {**row, "tenant_id": "(idle)", "span_id": "", "amount": Decimal(6000), "idle": 1},
        ],
    )
    sample_store.execute(
        "INSERT INTO allocation (commitment_id, version, until, allocated) "
        "VALUES ('claude-team', 1, '2024-11-01', 9000)"
    )
    try:
        [plan] = shown_tables(open_page("agents"))["Seats of coding agents"].to_dict("records")
        assert (plan["Plan"], plan["Used seats"], plan["Idle seats"]) == ("claude-team", "$3,000.00", "$6,000.00")
        assert number(plan["Used"]) > 0
        assert number(plan["Used"]) + number(plan["Idle"]) == 1_000_000
    finally:
        for table in ("commitment", "allocation_row", "allocation"):
            sample_store.execute(f"TRUNCATE TABLE {table}")


def test_a_team_leads_to_its_calls(open_page: Pages, sample_store: Store) -> None:
    sample_store.execute(
        "ALTER TABLE ledger UPDATE agent = 'claude-code', dimensions = map('team', 'core') WHERE feature = 'search' "
        "SETTINGS mutations_sync = 1"
    )
    page = open_page("agents", tenants="northwind")
    shown = "".join(block.proto.body for block in page.get("html"))
    assert 'href="calls?tenants=northwind&amp;own=team&amp;own_team=core"' in shown
    calls = open_page("calls", tenants="northwind", own="team", own_team="core")
    assert not calls.exception
    assert "Calls" in shown_tables(calls)


def test_no_name_leads_to_calls_that_are_not_its_own(open_page: Pages, sample_store: Store) -> None:
    sample_store.execute(
        "ALTER TABLE ledger UPDATE agent = 'claude-code', user_id = if(feature = 'search', 'ann', ''), "
        "dimensions = if(feature = 'search', map('team', 'core', 'desk', 'emea'), map('desk', 'emea')) "
        "WHERE agent != 'x' SETTINGS mutations_sync = 1"
    )

    def led(**address: str) -> set[str]:
        page = open_page("agents", tenants="northwind", **address)
        assert "Coding agents by agent" in shown_tables(page)
        shown = "".join(block.proto.body for block in page.get("html"))
        return set(re.findall(r'href="(calls[^"]*)"', shown))

    # Who has no team has no calls of a team, and who has no name is not searched for.
    assert led() == {"calls?tenants=northwind&amp;own=team&amp;own_team=core"}
    assert led(used_by="user") == {"calls?tenants=northwind&amp;text=ann"}
    # An address has one dimension of one's own: another would be lost.
    assert led(own="desk", own_desk="emea") == set()
    models = led(used_by="model")
    assert models
    assert all(re.fullmatch(r"calls\?tenants=northwind&amp;model=.+", address) for address in models)
