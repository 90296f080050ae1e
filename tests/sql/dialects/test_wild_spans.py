"""Spans as public bug reports show them, through the whole pipeline to the ledger.

Each folder of tests/fixtures/wild that holds `input.jsonl` (OTLP JSON lines, its `service.name` the folder's name) is a
case; `expected.json` says what its counted calls come to, what went wrong where it was reported, and the report.
All are booked into one ledger.
"""

from __future__ import annotations

from typing import Any

import pytest
from harness import data_folder, wild

from spanledger_collector import otlp_file
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

CASES = wild.cases("input.jsonl")


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the counted calls of each case come to, by case."""
    configuration = load(data_dir=tmp_path_factory.mktemp("wild") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        together = tmp_path_factory.mktemp("wild") / "input.jsonl"
        together.write_text("".join(f"{(wild.WILD / case / 'input.jsonl').read_text().strip()}\n" for case in CASES))
        otlp_file.ingest(store, together)
        Worker(store, configuration).catch_up()
        return wild.booked(store)


@pytest.mark.parametrize("case", CASES)
def test_a_span_from_the_wild_is_booked_right(case: str, booked: dict[str, dict[str, Any]]) -> None:
    assert wild.found(case, booked) == wild.expected(case)
