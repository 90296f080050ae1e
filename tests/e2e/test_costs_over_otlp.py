"""Costs as a user gets them: real traffic over OTLP into a running node, and the commands' own output."""

import json
import subprocess
import sys
import time
from pathlib import Path

from harness.command import in_process

BOOK = """
book: vendors
lines:
  - {kind: price, provider: cohere, model: rerank-v3.5, unit: search, unit_price: 0.002}
  - {kind: price, provider: deepgram, model: nova-3, unit: audio_second, unit_price: 0.0000716}
"""
APP = """
from datetime import UTC, datetime
import spanledger
spanledger.configure(endpoint={endpoint!r})
begin = datetime(2024, 10, 8, 12, tzinfo=UTC)
for vendor, service, unit, quantity in (
    ("cohere", "rerank-v3.5", "search", 3), ("deepgram", "nova-3", "audio_second", 12.5), ("acme", "x", "page", 1),
):
    spanledger.record_vendor_usage(
        vendor=vendor, service=service, unit=unit, quantity=quantity, start_time=begin, end_time=begin, tenant="acme",
    )
spanledger.shutdown()
"""


def spanledger(configuration, *arguments):
    done = in_process(*arguments, data_dir=configuration.data_dir)
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(configuration, query):
    return json.loads(spanledger(configuration, "sql", query, "--format", "json"))


def until(configuration, query, expected):
    deadline = time.monotonic() + 60
    while (found := figures(configuration, query)) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def test_vendors_units_recorded_by_an_app_are_priced_from_the_book(node, configuration, tmp_path):
    book = tmp_path / "vendors.yaml"
    book.write_text(BOOK)
    # The book comes before the first call of its vendors: that nothing matches yet is meant.
    spanledger(configuration, "prices", "import", book, "--yes")
    endpoint = node.addresses["otlp_http"].removesuffix("/v1/traces")
    subprocess.run([sys.executable, "-c", APP.format(endpoint=endpoint)], check=True, timeout=60)
    costs = "SELECT provider, toString(contracted_cost) AS cost, price_status FROM calls ORDER BY provider"
    until(
        configuration,
        costs,
        [
            {"provider": "acme", "cost": None, "price_status": "unpriced"},
            {"provider": "cohere", "cost": "0.006", "price_status": "priced"},
            {"provider": "deepgram", "cost": "0.000895", "price_status": "priced"},
        ],
    )
    assert "x" in spanledger(configuration, "prices", "missing")
    [call] = figures(configuration, "SELECT trace_id, span_id FROM calls WHERE provider = 'cohere'")
    assert "0.006" in spanledger(configuration, "explain", call["trace_id"], call["span_id"])


def test_a_node_told_to_restate_follows_a_price_that_was_imported(configuration, start_node, monkeypatch, tmp_path):
    capture = Path(__file__).parents[1] / "fixtures" / "dialects" / "official-1.3b0" / "openai-plain.pb"
    spanledger(configuration, "ingest", capture)
    ratio = "SELECT toString(toFloat64(sum(contracted_cost)) / toFloat64(sum(list_cost))) AS ratio FROM calls"
    assert figures(configuration, ratio) == [{"ratio": "1"}]
    book = tmp_path / "everybody.csv"
    book.write_text("kind,provider,discount_percent\ndiscount,openai,50\n")
    spanledger(configuration, "prices", "import", book)
    assert figures(configuration, ratio) == [{"ratio": "1"}]
    monkeypatch.setenv("SPANLEDGER_RESTATE_AUTOMATICALLY", "true")
    start_node()
    until(configuration, ratio, [{"ratio": "0.5"}])
    [run] = json.loads(spanledger(configuration, "restatements", "--format", "json"))
    assert (run["requested_by"], run["reason"], run["state"]) == ("worker", "reference data changed", "done")
