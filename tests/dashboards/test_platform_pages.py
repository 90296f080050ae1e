"""The pages of the platform: capacity, single calls, and whether all is well."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from harness import data_folder
from ledger_sample import insert, ledger_sample
from shown_table import number, shown_tables
from streamlit.testing.v1 import AppTest

from spanledger_dashboards import open_store
from spanledger_dashboards.pages.platform import latest_calls
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.store import Store, statement

if TYPE_CHECKING:
    from pathlib import Path

Pages = Callable[..., AppTest]

OCTOBER: dict[str, Any] = {"from": "2024-10-01 00:00:00", "to": "2024-11-01 00:00:00"}
ASKED = {**OCTOBER, "tenants": [], "own": "", "own_values": [], "where": [], "moment": "2099-01-01 00:00:00"}


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """The sample with first tokens, refusals and answers that were cut off; two calls in one minute at least."""
    frame = ledger_sample(3000)
    draw = np.random.default_rng(5)
    frame["ttft_ms"] = np.where(draw.random(len(frame)) < 0.5, draw.lognormal(6, 0.6, len(frame)), np.nan)
    said = draw.random(len(frame))
    refused, failed = said < 0.02, (said >= 0.02) & (said < 0.03)
    frame["status"] = np.where(refused | failed, "error", "ok")
    named = np.where(draw.random(len(frame)) < 0.5, "429", "openai.RateLimitError")
    frame["error_type"] = np.where(refused, named, np.where(failed, "APITimeoutError", ""))
    frame["finish_reason"] = np.where(draw.random(len(frame)) < 0.03, "length", "stop")
    frame["user_id"] = [f"user-{place % 40}" for place in range(len(frame))]
    return frame


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    """Of a node with a data folder of its own."""
    folder: Path = tmp_path_factory.mktemp("platform")
    return load(data_dir=folder / "data")


@pytest.fixture(scope="module")
def sample_store(sample: pd.DataFrame, settings: Configuration) -> Iterator[Store]:
    """The sample in that folder, as the node hands it over."""
    with data_folder.opened(settings) as store:
        insert(store, sample)
        open_store.configure(settings)
        yield store
        open_store.configure(None)


def text(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html"))


def tokens(calls: pd.DataFrame) -> pd.Series[Any]:
    return calls["input_tokens"] + calls["output_tokens"]


def test_tokens_a_minute_are_those_of_calls_that_began_in_it(sample_store: Store, counted: pd.DataFrame) -> None:
    rows = sample_store.frame("reports/capacity/load", **ASKED, by=["model"], token_limit=20_000, rows=100)
    per_minute = tokens(counted).groupby([counted["request_model"], counted["ts"].dt.floor("min")]).sum()
    for row in rows.to_dict("records"):
        minutes = per_minute.loc[row["model"]]
        calls = counted[counted["request_model"] == row["model"]]
        assert row["peak_tokens_per_minute"] == minutes.max()
        assert pd.Timestamp(row["peak_at"]) == minutes.idxmax()
        assert row["busy_minutes"] == len(minutes)
        assert row["minutes_over_limit"] == (minutes > 20_000).sum()
        assert row["tokens"] == minutes.sum()
        refused = calls["error_type"].isin(["429", "openai.RateLimitError"])
        assert row["rate_limited_calls"] == refused.sum() > 0 or len(calls) < 100
        assert row["failed_calls"] == (calls["status"] == "error").sum()
        assert row["cut_off_calls"] == (calls["finish_reason"] == "length").sum()
        first = calls["ttft_ms"].dropna().round().sort_values()
        assert row["ttft_calls"] == len(first)
        near = np.clip(int(len(first) * 0.95) + np.array([-1, 0, 1]), 0, len(first) - 1)
        assert row["ttft_ms_p95"] in set(first.iloc[near])
    assert rows["calls"].sum() == len(counted)


@pytest.mark.parametrize("narrowed", [{}, {"tenants": ["northwind"]}, {"tenants": ["nobody"]}])
def test_the_load_of_all_besides_is_that_asked_for_alone(sample_store: Store, narrowed: dict[str, Any]) -> None:
    asked = {**ASKED, **narrowed, "token_limit": 20_000}
    by = ["model", "tenant"]
    both = sample_store.frame("reports/capacity/load", **asked, by=[*by, "(whole)"], rows=3)
    rows = sample_store.frame("reports/capacity/load", **asked, by=by, rows=3)
    whole = sample_store.frame("reports/capacity/load", **asked, by=[], rows=1)
    pd.testing.assert_frame_equal(both.iloc[1:].reset_index(drop=True), rows)
    left_out = ["all_rows"]
    pd.testing.assert_frame_equal(both.iloc[:1].drop(columns=left_out), whole.drop(columns=left_out))


def test_busiest_minutes_of_the_rest_are_of_all_of_them_together(sample_store: Store, counted: pd.DataFrame) -> None:
    asked = {**ASKED, "timezone": "UTC", "grain": "month", "dimension": "tenant"}
    rows = sample_store.frame("reports/capacity/minutes", **asked, names=2).set_index("name")
    largest = tokens(counted).groupby(counted["tenant_id"]).sum().sort_values().index[-2:]
    rest = counted[~counted["tenant_id"].isin(largest)]
    together = tokens(rest).groupby(rest["ts"].dt.floor("min")).sum()
    assert set(rows.index) == {*largest, "(all others)"}
    assert rows.loc["(all others)", "peak_tokens_per_minute"] == together.max()


def test_who_used_whose_share_counts_short_minutes_alone(sample_store: Store, counted: pd.DataFrame) -> None:
    rows = sample_store.frame("reports/capacity/sharers", **ASKED, token_limit=0, rows=1000)
    model = "gpt-4o-mini-2024-07-18"
    calls = counted[counted["request_model"] == model].assign(minute=lambda found: found["ts"].dt.floor("min"))
    refused = calls["error_type"].isin(["429", "openai.RateLimitError"])
    short = calls[calls["minute"].isin(calls.loc[refused, "minute"])]
    of_model = rows[rows["model"] == model].set_index("tenant")
    assert (of_model["short_minutes"] == short["minute"].nunique()).all()
    assert of_model["tokens"].sum() == tokens(short).sum()
    assert of_model["short_share"].sum() == pytest.approx(1)
    assert of_model["other_share"].sum() == pytest.approx(1)
    assert of_model["rate_limited_calls"].sum() == refused.sum()


def test_a_limit_in_the_address_is_compared_and_nonsense_is_refused(open_page: Pages, sample_store: Store) -> None:
    page = open_page("capacity", limit="20000")
    [row] = sample_store.frame("reports/capacity/load", **ASKED, by=[], token_limit=20_000, rows=1).to_dict("records")
    [peak] = [metric for metric in page.metric if metric.label == "Tokens a minute, the most"]
    assert f"over it in {row['minutes_over_limit']} minutes" in peak.delta
    assert "Minutes over the limit" in shown_tables(page)["Load by tenant and model"]
    with pytest.raises(AssertionError, match="limit, tokens a minute 'lots' is no whole number"):
        open_page("capacity", limit="lots")


def test_of_very_many_calls_capacity_tells_the_latest_and_since_when(
    open_page: Pages, counted: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latest_calls, "_CALLS_AT_ONCE", 200)
    page = open_page("capacity", period="Custom", days=["2024-10-01", "2024-10-31"])
    since = counted["ts"].nlargest(200).min().floor("h")
    latest = counted[counted["ts"] >= since]
    assert f"Of {len(counted):,} calls of this period the latest are told here, since {since:%-d %b %Y, %H:%M}" in text(
        page
    )
    [failed] = [metric for metric in page.metric if metric.label == "Failed"]
    assert failed.value == str((latest["status"] == "error").sum())
    assert failed.delta.endswith(f"of {len(latest)} calls")


def test_of_a_tenant_capacity_looks_through_no_more_rows_than_it_may_but_for_one_that_fell_silent(
    open_page: Pages, sample_store: Store, counted: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = {"period": "Custom", "days": ["2024-10-01", "2024-10-31"]}
    hours = counted["ts"].dt.floor("h")
    names = counted["tenant_id"].value_counts()
    busy = names.index[0]
    monkeypatch.setattr(latest_calls, "_ROWS_AT_ONCE", 200)
    [read] = sample_store.frame("reports/calls/looked_through", **ASKED, rows=200).to_dict("records")
    assert read["all_rows"] >= len(counted)
    assert (hours > read["since"]).sum() < 200 <= read["all_rows"]
    latest = counted[(counted["tenant_id"] == busy) & (hours >= read["since"])]
    page = open_page("capacity", **month, tenants=busy)
    assert (
        f"Of {names[busy]:,} calls of this period the latest are told here, since {read['since']:%-d %b %Y, %H:%M}"
        in (text(page))
    )
    [failed] = [metric for metric in page.metric if metric.label == "Failed"]
    assert failed.delta.endswith(f"of {len(latest)} calls")
    monkeypatch.setattr(latest_calls, "_ROWS_AT_ONCE", 1)
    [read] = sample_store.frame("reports/calls/looked_through", **ASKED, rows=1).to_dict("records")
    silent = counted.loc[hours < read["since"], "tenant_id"]
    gone = next(
        name for name in silent.unique() if not ((counted["tenant_id"] == name) & (hours >= read["since"])).any()
    )
    page = open_page("capacity", **month, tenants=gone)
    assert "the latest are told here" not in text(page)
    [failed] = [metric for metric in page.metric if metric.label == "Failed"]
    assert failed.delta.endswith(f"of {names[gone]} calls")


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        ("failed", lambda calls: calls["status"] == "error"),
        ("rate limited", lambda calls: calls["error_type"].isin(["429", "openai.RateLimitError"])),
        ("cut off", lambda calls: calls["finish_reason"] == "length"),
        ("unpriced", lambda calls: calls["price_status"] == "unpriced"),
        ("without usage", lambda calls: calls["usage_source"] == "missing"),
        ("without tenant", lambda calls: calls["tenant_id"] == "(unattributed)"),
        ("without emissions", lambda calls: calls["co2e_g"].isna()),
    ],
)
def test_calls_are_found_by_their_state(
    sample_store: Store, counted: pd.DataFrame, state: str, holds: Callable[[pd.DataFrame], pd.Series[bool]]
) -> None:
    found = sample_store.frame("reports/calls/search", **ASKED, text="", state=state, sort="start", since="", rows=5000)
    assert set(found["span_id"]) == set(counted.loc[holds(counted), "span_id"])
    assert found["ts"].is_monotonic_decreasing
    told = sample_store.frame("reports/calls/found", **ASKED, text="", state=state, rows=7).iloc[0]
    assert told["all_rows"] == len(found)
    since = {"since": f"{told['since']:%Y-%m-%d %H:%M:%S}", "sort": "start", "rows": 7}
    latest = sample_store.frame("reports/calls/search", **ASKED, text="", state=state, **since)
    assert list(latest["span_id"]) == list(found["span_id"].head(7))


SORTS = {
    "start": "",
    "cost": "contracted_cost",
    "emissions": "co2e_g",
    "duration": "duration_ms",
    "first token": "ttft_ms",
    "tokens": "tokens",
}


@pytest.mark.parametrize(("sort", "column"), SORTS.items())
def test_the_first_calls_are_those_of_all_in_order(
    sample_store: Store, counted: pd.DataFrame, sort: str, column: str
) -> None:
    asked = {**ASKED, "text": "", "state": "", "sort": sort, "since": ""}
    found = sample_store.frame("reports/calls/search", **asked, rows=9)
    calls = counted.assign(tokens=counted["input_tokens"] + counted["output_tokens"])
    by, rising = ([column], [False]) if column else ([], [])
    ordered = calls.sort_values([*by, "ts", "trace_id", "span_id"], ascending=[*rising, False, True, True])
    assert list(found["span_id"]) == list(ordered["span_id"].head(9))


@pytest.mark.parametrize(("sort", "column"), SORTS.items())
def test_of_calls_no_more_is_read_than_what_orders_them(sample_store: Store, sort: str, column: str) -> None:
    text = re.match(r"(?s).*?firsts AS\s*\(.*?\n    \)", statement("reports/calls/search"))
    assert text is not None
    plan = sample_store.query_frame(
        f"EXPLAIN header = 1 {text.group()} SELECT ts FROM firsts",
        {**ASKED, "text": "", "state": "", "sort": sort, "since": "", "rows": 9},
    )
    read = "\n".join(plan.iloc[:, 0]).rpartition("ReadFromMergeTree")[2]
    asked = {"tokens": {"input_tokens", "output_tokens"}}.get(sort, {column} - {""})
    others = {*SORTS.values(), "input_tokens", "error_type", "finish_reason", "user_id", "trace_id", "span_id"}
    assert set(read.split()) & {"ts", *asked, *others} == {"ts", *asked}


def test_calls_are_searched_ordered_and_lead_to_their_explanation(
    open_page: Pages, sample_store: Store, counted: pd.DataFrame
) -> None:
    found = sample_store.frame(
        "reports/calls/search", **ASKED, text="USER-7", state="", sort="cost", since="", rows=5000
    )
    assert set(found["user"]) == {"user-7"}
    assert found["contracted_cost"].dropna().is_monotonic_decreasing
    page = open_page("calls", text="user-7", sort="cost")
    assert len(shown_tables(page)["Calls"]) == len(found)
    first = found.iloc[0]
    assert f"call={first['trace_id']}.{first['span_id']}" in text(page)
    one = open_page("calls", call=f"{first['trace_id']}.{first['span_id']}")
    call = counted[counted["span_id"] == first["span_id"]].iloc[0]
    assert f"1. Call {first['trace_id']} {first['span_id']}" in text(one)
    assert f"{call['energy_wh']:.6g} Wh / 1000 x" in text(one)
    assert "the ledger has no such call" in open_page("calls", call="nothing").info[0].value.lower()


def test_health_tells_of_what_was_refused_and_set_aside(
    open_page: Pages, sample_store: Store, settings: Configuration
) -> None:
    folder = settings.spool / "rejected"
    folder.mkdir(parents=True)
    (folder / "one.pb").write_bytes(b"123")
    (folder / "one.txt").write_text("cannot read <b>field</b> 3\n")
    now = datetime.now(UTC)
    sample_store.insert(
        "set_aside",
        [{
            "span": 1, "trace_id": "a" * 32, "span_id": "b" * 16, "ingested_at": now, "ts": now, "service_name": "shop",
            "scope_name": "x", "reason": "overflow", "waiting": 1, "version": 1,
        }],
    )  # fmt: skip
    page = open_page("health")
    shown = {metric.label: metric.value for metric in page.metric}
    assert (shown["Refused by the receiver"], shown["Set aside"]) == ("1", "1")
    tables = shown_tables(page)
    assert tables["Requests that were refused"].iloc[0]["Why"] == "cannot read <b>field</b> 3"
    assert tables["Calls that were set aside"].iloc[0]["What the database says"] == "overflow"
    assert "list prices" in set(tables["Ages of prices and grid data"]["What"])


def test_a_page_says_that_requests_have_waited_long_in_the_spool(open_page: Pages, settings: Configuration) -> None:
    settings.spool.mkdir(parents=True, exist_ok=True)
    waiting = settings.spool / "0.stuck.begun"
    waiting.write_bytes(b"x" * 99)
    assert "wait in the spool" not in text(open_page("calls"))
    os.utime(waiting, (time.time() - 7200, time.time() - 7200))
    told = "These figures are partial: 99 bytes that senders were told are safe wait in the spool, the oldest for 2 h"
    assert told in text(open_page("calls"))
    waiting.unlink()


def test_quality_over_time_adds_up_and_names_the_mend(
    open_page: Pages, sample_store: Store, counted: pd.DataFrame
) -> None:
    page = open_page("quality")
    table = shown_tables(page)["Calls that leave something untold, per day"]
    assert table["Without tenant"].map(number).sum() == (counted["tenant_id"] == "(unattributed)").sum()
    mends = " ".join(block.value for block in page.code)
    assert 'lookup = { "batch-jobs" = "acme" }' in mends
    assert sample_store.value("SELECT 1") == 1
