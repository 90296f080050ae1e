"""What one tenant sends changes nothing of another's calls, where tokens say whose they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from harness.books import NOON, Books

ID = "chatcmpl-BXb1fQm2"
TOKEN = {"tenant_source": "token"}
OWN = {
    "scope_name": "sdk",
    "tenant_id": "northwind",
    "response_id": ID,
    "input_tokens": 100,
    "output_tokens": 10,
    **TOKEN,
}
FORGED = {**OWN, "tenant_id": "acme", "scope_name": "richer", "cache_read_tokens": 1, "reasoning_tokens": 1}
GATEWAY = {**OWN, "scope_name": "gateway", "tenant_source": "tenant.id"}
NAMELESS = {**GATEWAY, "tenant_id": "(unattributed)", "tenant_source": "none"}


@pytest.fixture
def judged(books: Books):
    """How often each tenant's calls count, once spans came in this order."""

    def judge(*spans: dict) -> dict[str, int]:
        books.empty()
        begin = datetime.now(UTC)
        for number, span in enumerate(spans):
            books.ingest({**span, "ingested_at": begin + timedelta(milliseconds=number)})
        books.enrich()
        rows = books.store.rows("SELECT tenant_id, sum(counted) AS calls FROM ledger FINAL GROUP BY tenant_id")
        return {row["tenant_id"]: row["calls"] for row in rows}

    return judge


@pytest.mark.parametrize("order", [1, -1])
def test_an_id_that_another_tenant_sends_takes_no_call(judged, order) -> None:
    assert judged(*[OWN, FORGED][::order]) == {"northwind": 1, "acme": 1}


def test_other_tokens_under_an_id_do_not_make_it_one_that_repeats(judged) -> None:
    silent = {**OWN, "scope_name": "gateway", "usage_source": "missing", "input_tokens": 0, "output_tokens": 0}
    forged = [{**OWN, "tenant_id": "acme", "input_tokens": tokens} for tokens in (5, 6)]
    assert judged(OWN, silent)["northwind"] == 1
    assert judged(OWN, silent, *forged)["northwind"] == 1


def test_two_reports_of_one_tenant_are_one_call(judged) -> None:
    assert judged(OWN, {**OWN, "scope_name": "gateway"}) == {"northwind": 1}


@pytest.mark.parametrize("gateway", [GATEWAY, NAMELESS])
@pytest.mark.parametrize("order", [1, -1])
def test_a_gateway_that_serves_all_tenants_is_counted_with_them(judged, gateway, order) -> None:
    assert judged(*[OWN, gateway][::order]) == {"northwind": 1}


def test_a_gateway_that_names_the_tenant_is_his_whoever_came_first(judged) -> None:
    assert judged(FORGED, GATEWAY, OWN) == {"northwind": 1, "acme": 1}


def test_no_report_of_a_gateway_ties_two_tenants(judged) -> None:
    for spans in ((FORGED, NAMELESS, OWN), (OWN, NAMELESS, FORGED)):
        found = judged(*spans)
        assert (found["northwind"], found["acme"]) == (1, 1)
    # Two reports of the gateway in one trace, of which one names the tenant.
    trace = {"trace_id": "ab" * 16}
    found = judged(FORGED, {**GATEWAY, **trace}, {**NAMELESS, **trace, "scope_name": "proxy"}, OWN)
    assert (found["northwind"], found["acme"]) == (1, 1)


def test_without_tokens_reports_that_name_different_tenants_are_one_call_as_before(judged) -> None:
    first, second = ({**span, "tenant_source": "tenant.id"} for span in (OWN, FORGED))
    assert sum(judged(first, second).values()) == 1


def test_the_result_of_a_stream_goes_to_the_tenant_that_asked(judged) -> None:
    asked = {
        **OWN, "scope_name": "logfire.openai", "dialect": "logfire", "service_name": "app", "duration_ms": 100.0,
        "response_id": "", "usage_source": "missing", "input_tokens": 0, "output_tokens": 0, "ts": NOON,
    }  # fmt: skip
    result = {
        **asked, "dialect": "logfire-stream", "usage_source": "reported", "input_tokens": 100, "output_tokens": 10,
        "ts": NOON + timedelta(milliseconds=101),
    }  # fmt: skip
    theirs = {**asked, "tenant_id": "acme", "ts": NOON + timedelta(milliseconds=0.5)}
    assert judged(asked, theirs, result) == {"northwind": 1, "acme": 1}
