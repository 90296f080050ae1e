"""Spans as public bug reports show them, through the whole pipeline to the ledger.

Each folder of tests/fixtures/wild that holds `input.jsonl` (OTLP JSON lines, its `service.name` the folder's name) is a
case; `expected.json` says what its counted calls come to, what went wrong where it was reported, and the report.
All are booked into one ledger.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from harness import data_folder

from spanledger_collector import otlp_file
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

WILD = Path(__file__).parents[2] / "fixtures" / "wild"
CASES = sorted(path.parent.name for path in WILD.glob("*/input.jsonl"))


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the counted calls of each case come to, by case."""
    configuration = load(data_dir=tmp_path_factory.mktemp("wild") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        together = tmp_path_factory.mktemp("wild") / "input.jsonl"
        together.write_text("".join(f"{(WILD / case / 'input.jsonl').read_text().strip()}\n" for case in CASES))
        otlp_file.ingest(store, together)
        Worker(store, configuration).catch_up()
        rows = store.rows(
            """
            SELECT service_name, count() AS calls, sum(list_cost) AS list_cost, sum(web_searches) AS web_searches,
                   sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
                   sum(reasoning_tokens) AS reasoning_tokens, sum(cache_read_tokens) AS cache_read_tokens,
                   sum(cache_write_tokens) AS cache_write_tokens, sum(cache_write_1h_tokens) AS cache_write_1h_tokens
            FROM calls GROUP BY service_name
            """
        )
    return {row["service_name"]: row for row in rows}


@pytest.mark.parametrize("case", CASES)
def test_a_span_from_the_wild_is_booked_right(case: str, booked: dict[str, dict[str, Any]]) -> None:
    expected = json.loads((WILD / case / "expected.json").read_text())["expect"]
    row = booked.get(case, {})
    found = {name: row.get(name) for name in expected}
    if expected.get("list_cost"):
        expected["list_cost"] = Decimal(expected["list_cost"])
    assert found == expected
