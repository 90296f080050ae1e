"""What is missing, waiting, or was corrected is counted for what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from harness.books import NOON, Books

from spanledger_enrich.books.restatement import Scope, restate

PRICED: dict[str, Any] = {"tenant_id": "acme", "usage_source": "reported", "price_status": "priced",
                          "contracted_cost": Decimal("0.5"), "input_tokens": 10, "output_tokens": 1}  # fmt: skip


@pytest.fixture
def with_gaps(books: Books) -> Books:
    """A call without any gap, one that is free, and one with each gap."""
    books.fill(
        PRICED,
        {**PRICED, "price_status": "free", "contracted_cost": Decimal(0)},
        {**PRICED, "tenant_id": "(unattributed)", "service_name": "batch", "input_tokens": 20},
        {**PRICED, "price_status": "unpriced", "contracted_cost": None, "input_tokens": 30, "request_model": "ours"},
        {**PRICED, "usage_source": "missing", "contracted_cost": None, "input_tokens": 0, "output_tokens": 0},
        {**PRICED, "usage_source": "estimated", "contracted_cost": Decimal("0.25"), "input_tokens": 40},
    )
    return books


def test_each_gap_is_told_with_its_calls_tokens_and_cost(with_gaps: Books) -> None:
    found = with_gaps.report("finance/gaps", tenants=[])
    assert [(row["gap"], row["calls"], row["tokens"], row["contracted_cost"]) for row in found] == [
        ("unattributed", 1, 21, Decimal("0.5")),
        ("unpriced", 1, 31, None),
        ("missing usage", 1, 0, None),
        ("estimated usage", 1, 41, Decimal("0.25")),
    ]
    assert [list(row["examples"]) for row in found] == [["batch"], ["ours"], ["gpt-4o"], ["gpt-4o"]]


def test_what_waits_for_the_worker_is_counted_beside_what_the_ledger_lacks(with_gaps: Books) -> None:
    now = datetime.now(UTC)
    with_gaps.ingest({"ingested_at": now - timedelta(seconds=90)}, {"ingested_at": now - timedelta(seconds=30)})
    [found] = with_gaps.report("operations/backlog")
    assert found["llm_spans"] == 2
    assert 90 <= found["oldest_seconds"] < 120
    counts = ("ledger_calls", "unattributed_calls", "unpriced_calls", "missing_usage_calls")
    assert [found[name] for name in counts] == [6, 1, 1, 1]
    with_gaps.enrich()
    [found] = with_gaps.report("operations/backlog")
    assert (found["llm_spans"], found["oldest_seconds"], found["ledger_calls"]) == (0, 0, 8)


def test_dry_runs_are_among_the_restatements_only_where_they_are_asked_for(books: Books) -> None:
    books.book_alone({"output_tokens": 100})
    for dry_run in (True, False):
        given = {"requested_by": "a test", "reason": "to see", "dry_run": dry_run}
        restate(books.store, books.configuration, Scope(changed=False), **given)
    asked = {"restatement_id": "", "by_month": 0, "by_tenant": 0}
    assert [row["state"] for row in books.report("operations/restatements", previews=0, **asked)] == ["done"]
    assert [row["state"] for row in books.report("operations/restatements", previews=1, **asked)] == [
        "done", "previewed"
    ]  # fmt: skip


def test_the_methods_are_compared_by_what_each_would_have_booked(books: Books, configure: Callable[..., None]) -> None:
    wh = {}
    for method in ("ecologits", "token-aware"):
        configure(energy_method=method, energy_bounds="method")
        [call] = books.book_alone({"ts": NOON, "input_tokens": 2000, "output_tokens": 400})
        wh[method] = (call["energy_wh_low"], call["energy_wh"], call["energy_wh_high"])
    [row] = books.report("energy/compare")
    for method, name in (("ecologits", "ecologits_wh"), ("token-aware", "token_aware_wh")):
        assert [row[f"{name}_low"], row[name], row[f"{name}_high"]] == pytest.approx(list(wh[method]))
    assert (row["calls"], row["ratio"]) == (1, pytest.approx(wh["token-aware"][1] / wh["ecologits"][1]))
    assert abs(row["ratio"] - 1) > 0.1
