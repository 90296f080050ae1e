"""Pages are narrowed by grid zone as by any other dimension, and rows of a zone lead to what is behind them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from shown_table import shown_tables

import spanledger_sql
from spanledger_enrich.ledger.hour_sums import sum_hours
from spanledger_settings import figures
from spanledger_sql.store import Store, statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    Pages = Callable[..., AppTest]

REPORTS = Path(spanledger_sql.__file__).parent / "reports"
NARROWED = sorted(
    path.relative_to(REPORTS).with_suffix("").as_posix()
    for path in REPORTS.rglob("*.sql")
    if "{{asked_for}}" in path.read_text(encoding="utf-8")
)
ASKED: dict[str, Any] = {
    "from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00", "before_from": "2024-09-01 00:00:00",
    "before_to": "2024-10-01 00:00:00", "timezone": "UTC", "tenants": [], "own": "", "own_values": [],
    "moment": "2099-01-01 00:00:00", "grain": "day", "names": 5, "rows": 100, "series": 5, "token_limit": 0, "text": "",
    "state": "", "sort": "start", "since": "", "zones": [""], "waits": [0], "signal": "average",
    "basis": "lifecycle", "booked": 1, "own_providers": [], "own_hosts": [], "unit": "call", "commitments": [],
}  # fmt: skip
# A report with several dimensions has as many numbers of names.
OTHER = {"finance/shares": {"dimensions": ["whole", "model"], "names": [1, 5]}}
OCTOBER = {"period": "Custom", "days": ["2024-10-01", "2024-10-31"]}


def rows(store: Store, name: str, where: list[str]) -> pd.DataFrame:
    text = statement(f"reports/{name}")
    asked = {**ASKED, "by": ["model"], "dimension": "model", **OTHER.get(name, {}), "where": where}
    return store.query_frame(text, {key: value for key, value in asked.items() if f"{{{key}:" in text})


@pytest.mark.parametrize("name", NARROWED)
def test_every_report_that_is_narrowed_is_narrowed_by_zone(sample_store: Store, name: str) -> None:
    everywhere, nowhere = rows(sample_store, name, []), rows(sample_store, name, ["zone", "zone=nowhere"])
    assert not nowhere.equals(everywhere) or not total(everywhere)
    assert not total(nowhere)


def total(frame: pd.DataFrame) -> Decimal:
    """What a report adds up, whatever it is."""
    counted = [name for name in frame if re.search(r"calls|tokens|cost$", str(name))]
    return sum((Decimal(str(value)) for name in counted for value in frame[name].dropna()), Decimal(0))


def test_zones_add_up_to_all_from_calls_and_from_sums(sample_store: Store, counted: pd.DataFrame) -> None:
    for _ in range(2):
        everywhere = rows(sample_store, "finance/shares", [])
        zones = {
            zone: rows(sample_store, "finance/shares", ["zone", f"zone={zone}"]) for zone in counted["zone"].unique()
        }
        for name in ("calls", "contracted_cost"):
            assert sum(found[name].iloc[0] for found in zones.values()) == everywhere[name].iloc[0]
        assert {zone: found["calls"].iloc[0] for zone, found in zones.items()} == counted.groupby(
            "zone"
        ).size().to_dict()
        while sum_hours(sample_store, quiet_s=0, margin_s=0):
            pass


def test_the_address_narrows_a_page_to_zones(open_page: Pages, counted: pd.DataFrame) -> None:
    page = open_page("finance", **OCTOBER, zone=["DE", "GB"])
    there = counted[counted["zone"].isin(["DE", "GB"])]
    assert next(card.value for card in page.metric if card.label == "Calls") == figures.count(len(there))
    assert "Grid zone: DE, GB" in html(page)
    assert sorted(page.multiselect(key="zone").options) == sorted(counted["zone"].unique())


def test_a_zone_without_a_call_is_told_and_shows_no_figure(open_page: Pages) -> None:
    with pytest.raises(AssertionError, match="no call has the grid zone 'ATLANTIS'"):
        open_page("finance", **OCTOBER, zone="ATLANTIS")


def test_a_zones_row_leads_to_what_is_behind_it(open_page: Pages, counted: pd.DataFrame) -> None:
    shown = html(open_page("grid", **OCTOBER))
    [address] = set(re.findall(r'href="(breakdown\?[^"]*zone=GB[^"]*)"', shown))
    assert "period=Custom" in address
    page = open_page("breakdown", **OCTOBER, zone="GB")
    table = shown_tables(page)["Emissions by Tenant"]
    there = counted[counted["zone"] == "GB"]
    expected = {tenant: f"{calls:,}" for tenant, calls in there.groupby("tenant_id").size().items()}
    assert dict(zip(table["Tenant"], table["Calls"], strict=True)) == expected
    # The same row of the breakdown by zone leads to the same, by the next dimension.
    assert "zone=GB" in html(open_page("breakdown", **OCTOBER, by="zone"))


def html(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


def test_a_contracts_row_leads_to_a_zone_that_calls_ran_in(
    open_page: Pages, sample_store: Store, counted: pd.DataFrame
) -> None:
    of_a_year = {"provider": "", "kind": "ppa", "g_per_kwh": 0.0, "mwh": 100.0}
    sample_store.insert(
        "grid_contract",
        [
            {
                **of_a_year, "contract_id": f"wind in {zone}", "zone": zone, "source": "c.csv",
                "valid_from": "2024-01-01 00:00:00", "valid_until": "2025-01-01 00:00:00",
            }
            for zone in ("GB", "FR")
        ],
    )  # fmt: skip
    page = open_page("inventory", **OCTOBER)
    assert {"GB", "FR"} <= {zone[:2] for zone in shown_tables(page)["Coverage by contracts"]["Zone"]}
    assert set(re.findall(r'zone=([^&"]+)', html(page))) == set(counted["zone"])
