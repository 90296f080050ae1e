"""Counts that an instrumentation made by itself, where the provider's are missing."""

from __future__ import annotations

from pathlib import Path

from captured import Capture
from harness import data_folder

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load


def test_counts_that_the_instrumentation_made_are_taken_only_where_that_is_asked_for(tmp_path: Path) -> None:
    capture = Capture("openlit-1.34.43", "openai-stream-usage")
    found = []
    for estimate in (False, True):
        configuration = load(data_dir=tmp_path / str(estimate), estimate_usage=estimate)
        with data_folder.opened(configuration) as store:
            store.insert_otlp(length_prefixed(capture.request), "capture")
            Worker(store, configuration).catch_up()
            found += store.rows("SELECT usage_source, usage_note, input_tokens + output_tokens > 0 AS told FROM calls")
    assert [(row["usage_source"], row["told"]) for row in found] == [("missing", 0), ("estimated", 1)]
    assert {row["usage_note"] for row in found} == {"counted by the instrumentation"}
