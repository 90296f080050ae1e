"""Stage 1: which calls are costed, and what is believed of their usage."""

from datetime import UTC, datetime


def test_calls_of_the_inserts_are_taken(stage):
    stage.spans({}, {}, {"ingested_at": datetime(2024, 10, 8, 14, tzinfo=UTC)})
    assert stage.run("1_batch", "span_id") == [(f"{1:016x}",), (f"{2:016x}",)]


def test_of_an_insert_that_was_taken_in_part_the_calls_that_the_ledger_has_are_left_out(stage):
    stage.spans({}, {})
    stage.store.execute("TRUNCATE TABLE ledger_inserts")
    ingested = stage.store.value("SELECT any(ingested_at) FROM llm_spans")
    stage.given("ledger_inserts", {"ingested_at": ingested, "calls": 2, "parents": 0, "again": 1})
    stage.given(
        "ledger", {"trace_id": f"{1:032x}", "span_id": f"{1:016x}", "ts": datetime(2024, 10, 8, 12, 30, tzinfo=UTC)}
    )
    assert stage.run("1_batch", "span_id") == [(f"{2:016x}",)]


def test_calls_that_were_set_aside_are_left_out(stage):
    stage.spans({}, {})
    stage.store.execute(
        "INSERT INTO set_aside (span, waiting, version) SELECT cityHash64(trace_id, span_id), 1, 1 FROM llm_spans "
        "ORDER BY span_id LIMIT 1"
    )
    assert stage.run("1_batch", "span_id") == [(f"{2:016x}",)]


def test_usage_that_nobody_can_have_had_counts_as_missing(stage):
    stage.spans({"input_tokens": 5, "output_tokens": 100_000_001})
    assert stage.run("1_batch", "input_tokens, output_tokens, usage_source") == [(0, 0, "missing")]


def test_claimed_usage_is_taken_where_asked_for(stage):
    stage.spans({"usage_source": "missing", "claimed_input_tokens": 30, "claimed_output_tokens": 4})
    columns = "input_tokens, output_tokens, usage_source"
    assert stage.run("1_batch", columns) == [(0, 0, "missing")]
    stage.store.execute("TRUNCATE TABLE ledger_batch")
    assert stage.run("1_batch", columns, estimate_usage=1) == [(30, 4, "estimated")]


def test_what_no_contract_depends_on_does_not_tell_calls_apart(stage):
    stage.given("price_book", {"book": "b", "version": "b@1", "environment": "prod"})
    stage.spans(
        {"environment": "prod", "provider_account": "x"},
        {"environment": "test", "provider_account": "y"},
        {"environment": "dev"},
    )
    assert stage.run("1_batch", "contract_environment, contract_account, uniqExact(agreement_key) OVER () AS keys") == [
        ("", "", 2),
        ("", "", 2),
        ("prod", "", 2),
    ]


def test_calls_that_count_otherwise_are_added_once(stage):
    stage.spans({}, {})
    stage.store.execute(
        "INSERT INTO call_verdict (span, trace_id, span_id, ingested_at, counted, version) "
        "SELECT cityHash64(trace_id, span_id), trace_id, span_id, ingested_at, 0, 5 FROM llm_spans LIMIT 1"
    )
    assert len(stage.run("1_batch", "span_id", recounted=1, verdicts_after=4)) == 1
    assert len(stage.run("1_batch", "span_id", recounted=1, verdicts_after=4)) == 1
