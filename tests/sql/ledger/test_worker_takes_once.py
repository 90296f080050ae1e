"""The worker takes each batch once, leaves out stages without work, and looks no further once all is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from harness import data_folder

from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store, statement

STAGES = ("1_batch", "2_verdicts", "3_models", "4_contracts", "5_measured", "6_places", "7_ledger")


class CountingStore(Store):
    """Executes everything, and counts it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.seen: Counter[str] = Counter()

    def execute(
        self, query: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.seen[query] += 1
        super().execute(query, parameters, settings)

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        self.seen[query] += 1
        return super().rows(query, **parameters)

    def value(self, query: str, **parameters: Any) -> Any:
        self.seen[query] += 1
        return super().value(query, **parameters)

    def stages(self) -> dict[str, int]:
        """How often each stage ran since the last time it was asked."""
        counts = {name: self.seen[statement(f"ledger/{name}")] for name in STAGES}
        self.seen.clear()
        return {name: count for name, count in counts.items() if count}


@pytest.fixture
def counted(configuration: Configuration) -> Iterator[CountingStore]:
    data_folder.copy("migrated", configuration.data_dir)
    with CountingStore.open(configuration, exclusive=True) as store:
        yield store


def ingest(store: Store, *numbers: int, model: str = "gpt-4o") -> None:
    store.insert(
        "llm_spans",
        [
            {
                "ingested_at": datetime.now(UTC),
                "trace_id": f"{n:032x}",
                "span_id": f"{n:016x}",
                "ts": datetime.now(UTC),
                "provider": "openai",
                "request_model": model,
                "operation": "chat",
            }
            for n in numbers
        ],
    )


def test_a_batch_is_taken_once_and_stages_without_anything_to_look_at_are_left_out(
    counted: CountingStore, configuration: Configuration
) -> None:
    worker = Worker(counted, configuration)
    ingest(counted, 1, 2, 3)
    assert worker.catch_up() == 3
    assert counted.stages() == {"1_batch": 1, "3_models": 1, "6_places": 1, "7_ledger": 1}


def test_what_is_known_of_models_and_places_is_kept_until_reference_data_changes(
    counted: CountingStore, configuration: Configuration
) -> None:
    worker = Worker(counted, configuration)
    ingest(counted, 1)
    worker.catch_up()
    counted.stages()
    ingest(counted, 2)
    worker.catch_up()
    assert counted.stages() == {"1_batch": 1, "7_ledger": 1}
    year = {"zone": "US", "ts": datetime(2024, 1, 1, tzinfo=UTC), "resolution": "year", "signal": "average",
            "basis": "lifecycle", "g_per_kwh": 123.0, "source": "test"}  # fmt: skip
    counted.insert("grid_intensity", [year])
    ingest(counted, 3)
    worker.catch_up()
    assert counted.stages() == {"1_batch": 1, "3_models": 1, "6_places": 1, "7_ledger": 1}
    intensities = "SELECT groupArray(intensity_g_per_kwh) FROM (SELECT * FROM ledger ORDER BY trace_id)"
    assert counted.value(intensities)[-1:] == [123.0]


def test_a_call_of_another_model_adds_what_is_known_of_it(counted: CountingStore, configuration: Configuration) -> None:
    worker = Worker(counted, configuration)
    ingest(counted, 1)
    worker.catch_up()
    # A model that is new changes what is known of models.
    ingest(counted, 2, model="gpt-4o-mini")
    worker.catch_up()
    ingest(counted, 3)
    worker.catch_up()
    counted.stages()
    ingest(counted, 4)
    ingest(counted, 5, model="gpt-4o-mini")
    worker.catch_up()
    assert counted.stages() == {"1_batch": 1, "7_ledger": 1}


def test_a_batch_begins_when_no_more_is_about_to_be_stored(
    counted: CountingStore, configuration: Configuration
) -> None:
    coming = [2, 3]

    def more_comes() -> bool:
        more = bool(coming)
        if more:
            ingest(counted, coming.pop())
        return more

    worker = Worker(counted, configuration)
    worker.gather_while(more_comes)
    ingest(counted, 1)
    assert worker.catch_up() == 3
    assert counted.stages()["1_batch"] == 1


def test_a_quiet_ledger_is_looked_at_with_four_statements(counted: CountingStore, configuration: Configuration) -> None:
    worker = Worker(counted, configuration)
    ingest(counted, 1)
    worker.catch_up()
    counted.seen.clear()
    assert worker.catch_up() == 0
    assert counted.seen == {
        statement("lookups/progress/arrived"): 1,
        "SELECT count() FROM energy_sample": 1,
        # Whether outcomes came.
        statement("lookups/progress/parts"): 1,
        statement("lookups/progress/charge_files"): 1,
    }


def test_a_call_that_became_visible_late_is_taken(counted: CountingStore, configuration: Configuration) -> None:
    worker = Worker(counted, configuration)
    before = datetime.now(UTC)
    ingest(counted, 1)
    worker.catch_up()
    counted.insert(
        "llm_spans", [{"ingested_at": before, "trace_id": "late", "span_id": "late", "ts": before, "operation": "chat"}]
    )
    worker.catch_up()
    assert counted.value("SELECT count() FROM calls") == 2


class MergingStore(Store):
    """Merges what there is right after the parts were listed, as the engine may at any moment."""

    merges = False

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        found = super().rows(query, **parameters)
        if self.merges and query == statement("lookups/progress/parts"):
            self.merges = False
            self.execute("OPTIMIZE TABLE llm_spans FINAL")
        return found


def test_calls_whose_parts_are_merged_while_they_are_looked_for_are_taken(configuration: Configuration) -> None:
    data_folder.copy("migrated", configuration.data_dir)
    with MergingStore.open(configuration, exclusive=True) as store:
        ingest(store, 1)
        ingest(store, 2)
        store.merges = True
        assert Worker(store, configuration).catch_up() == 2
