"""Usage that others counted goes into the ledger as far as nothing else tells of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from harness.books import Books

from spanledger_enrich.books.usage.file import read, store_records
from spanledger_enrich.files.import_file import ImportFileError

FIXTURES = Path(__file__).parents[3] / "fixtures" / "usage"
FORENOON = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
LITELLM = {
    "request_id": "chatcmpl-1", "call_type": "acompletion", "api_key": "hash", "spend": 0.02, "prompt_tokens": 1000,
    "completion_tokens": 50, "startTime": "2026-10-05T09:10:00Z", "endTime": "2026-10-05T09:10:02Z",
    "model": "openai/gpt-4o-2024-08-06", "custom_llm_provider": "openai", "cache_hit": "False", "team_id": "payments",
    "metadata": {"user_api_key_alias": "prod", "usage_object": {"prompt_tokens_details": {"cached_tokens": 400}}},
    "messages": "SECRET-CONTENT",
}  # fmt: skip
LANGFUSE = {
    "id": "obs-1", "traceId": "t1", "type": "GENERATION", "startTime": "2026-10-05T09:10:00.000Z",
    "model": "claude-sonnet-4-5-20250929", "totalCost": 0.01, "input": "SECRET-CONTENT",
    "usageDetails": {"input": 100, "cache_read_input_tokens": 900, "output": 40, "total": 1040},
}  # fmt: skip
HELICONE = {
    "request_id": "h1", "request_created_at": "2026-10-05T09:10:00Z", "request_model": "gpt-4o-2024-08-06",
    "prompt_tokens": 10, "completion_tokens": 5, "cost_usd": 0.001, "response_status": 200, "provider": "OPENAI",
}  # fmt: skip
BEDROCK = {
    "schemaType": "ModelInvocationLog", "timestamp": "2026-10-05T09:10:00Z", "accountId": "123456789012",
    "region": "us-east-1", "requestId": "r1", "operation": "Converse",
    "modelId": "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "identity": {"arn": "arn:aws:iam::1:role/app"},
    "input": {"inputTokenCount": 100, "cacheReadInputTokenCount": 50, "inputBodyJson": "SECRET-CONTENT"},
    "output": {"outputTokenCount": 20, "outputBodyJson": "SECRET-CONTENT"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_told(books: Books) -> None:
    for table in (
        "llm_spans",
        "ledger",
        "enrich_progress",
        "taken_insert",
        "taken_usage",
        "call_key",
        "call_verdict",
        "call_tenant",
        "usage_record",
    ):
        books.store.execute(f"TRUNCATE TABLE {table}")


@pytest.fixture
def imported(books: Books) -> Callable[[Path], list[dict[str, Any]]]:
    def run(path: Path) -> list[dict[str, Any]]:
        store_records(books.store, path, read(path))
        books.enrich()
        return books.store.rows("SELECT * FROM calls ORDER BY ts, input_tokens DESC")

    return run


def test_a_report_alone_is_booked_whole(imported: Callable[[Path], list[dict[str, Any]]]) -> None:
    rows = imported(FIXTURES / "anthropic_usage_messages.json")
    first = rows[1] if rows[0]["service_tier"] == "batch" else rows[0]
    assert {row["signal"] for row in rows} == {"usage"}
    assert {row["granularity"] for row in rows} == {"day"}
    assert {row["calls"] for row in rows} == {None}
    assert first["input_tokens"] == 900000 + 50000 + 120000 + 4000000
    assert (first["cache_read_tokens"], first["cache_write_tokens"], first["output_tokens"]) == (
        4000000,
        170000,
        260000,
    )
    assert first["dimensions"]["workspace"] == "wrkspc_01Acme"
    assert "unpriced" not in {row["price_status"] for row in rows}


def test_a_report_again_changes_nothing(imported: Callable[[Path], list[dict[str, Any]]]) -> None:
    first = imported(FIXTURES / "openai_usage_completions.json")
    assert imported(FIXTURES / "openai_usage_completions.json") == first


@pytest.mark.parametrize("calls_first", [True, False])
def test_what_calls_tell_is_not_counted_again(
    books: Books, imported: Callable[[Path], list[dict[str, Any]]], calls_first: bool
) -> None:
    path = FIXTURES / "openai_usage_completions.json"
    records = [record for record in read(path) if record.begins.day == 5 and record.service_tier == ""]
    model = records[0].model
    whole = sum(record.input_tokens for record in records if record.model == model)
    calls = [
        {
            "ts": FORENOON, "provider": "openai", "request_model": model.removesuffix("-2026-03-17"),
            "input_tokens": 7, "output_tokens": 3,
        }
    ] * 10  # fmt: skip
    if calls_first:
        books.ingest(*calls)
        books.enrich()
    rows = imported(path)
    if not calls_first:
        books.ingest(*calls)
        books.enrich()
        rows = books.store.rows("SELECT * FROM calls")
    of_day = [
        row for row in rows if row["ts"].day == 5 and row["model"].startswith(model[:12]) and row["service_tier"] == ""
    ]
    assert sum(row["input_tokens"] for row in of_day) == whole
    assert sum(row["input_tokens"] for row in of_day if row["signal"] == "usage") == whole - 70
    assert sum(row["calls"] for row in of_day) == sum(record.calls or 0 for record in records if record.model == model)


@pytest.mark.parametrize("away", [timedelta(days=-3650), timedelta(days=3650)])
def test_calls_that_came_under_a_wrong_clock_are_taken_off(
    books: Books, imported: Callable[[Path], list[dict[str, Any]]], away: timedelta
) -> None:
    rows = imported(FIXTURES / "openai_usage_completions.json")
    model, whole = rows[0]["model"], sum(row["input_tokens"] for row in rows)
    call = {"ts": FORENOON, "provider": "openai", "request_model": model, "input_tokens": 7, "output_tokens": 3}
    books.ingest({**call, "ingested_at": datetime.now(UTC) + away})
    books.enrich()
    found = books.store.rows("SELECT signal, sum(input_tokens) AS input FROM calls GROUP BY signal")
    assert {row["signal"]: row["input"] for row in found} == {"span": 7, "usage": whole - 7}


def test_a_report_imported_after_the_clock_was_set_back_is_in_force(
    books: Books, tmp_path: Path, imported: Callable[[Path], list[dict[str, Any]]]
) -> None:
    path = tmp_path / "told.jsonl"
    path.write_text(json.dumps(HELICONE))
    store_records(books.store, path, read(path))
    books.store.execute(
        "INSERT INTO usage_record SELECT * REPLACE (imported_at + INTERVAL 10 YEAR AS imported_at) FROM usage_record"
    )
    assert [row["input_tokens"] for row in imported(path)] == [10]
    path.write_text(json.dumps({**HELICONE, "prompt_tokens": 12}))
    assert [row["input_tokens"] for row in imported(path)] == [12]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (LITELLM, ("openai", 1000, 400, 50)),
        (LANGFUSE, ("anthropic", 1000, 900, 40)),
        (HELICONE, ("openai", 10, 0, 5)),
        (BEDROCK, ("aws.bedrock", 150, 50, 20)),
    ],
    ids=["litellm", "langfuse", "helicone", "bedrock"],
)
def test_records_of_calls_are_summed_by_the_hour(
    books: Books,
    tmp_path: Path,
    imported: Callable[[Path], list[dict[str, Any]]],
    told: dict[str, Any],
    expected: tuple[Any, ...],
) -> None:
    other = {**told, next(name for name in ("request_id", "requestId", "id") if name in told): "another"}
    path = tmp_path / "told.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (told, other, told)))
    [row] = imported(path)
    provider, input_tokens, cached, output = expected
    assert (row["provider"], row["granularity"], row["calls"]) == (provider, "hour", 2)
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (
        2 * input_tokens, 2 * cached, 2 * output,
    )  # fmt: skip
    assert b"SECRET-CONTENT" not in b"".join(
        file.read_bytes()
        for file in (books.configuration.data_dir / "clickhouse").resolve().rglob("*")
        if file.is_file()
    )


def test_litellms_own_counts_of_cached_tokens_are_read(tmp_path: Path) -> None:
    told = {"prompt_tokens_details": {"cached_tokens": 300}, "completion_tokens_details": {"reasoning_tokens": 20}}
    path = tmp_path / "spend.json"
    path.write_text(json.dumps([{**LITELLM, "metadata": {"additional_usage_values": told}}]))
    [record] = read(path)
    assert (record.cache_read_tokens, record.reasoning_tokens) == (300, 20)


def test_a_generation_without_a_model_and_one_without_tokens_stop_no_file(tmp_path: Path) -> None:
    path = tmp_path / "observations.jsonl"
    lines = [{**LANGFUSE, "model": None, "id": "a"}, {**LANGFUSE, "usageDetails": {}, "id": "b"}, LANGFUSE]
    path.write_text("\n".join(json.dumps(line) for line in lines))
    assert [record.model for record in read(path)] == ["", LANGFUSE["model"]]


def test_the_columns_of_helicones_exporter_are_read(tmp_path: Path) -> None:
    path = tmp_path / "output.csv"
    path.write_text(
        "response_id,response_created_at,response_status,request_created_at,request_body,request_properties,"
        "request_user_id,model,prompt_tokens,completion_tokens,latency,cost\n"
        '"r1","2026-10-05T09:10:02Z","200","2026-10-05T09:10:00Z","{}","{}","ann","gpt-4o-2024-08-06","10","5","900","0.1"\n'
    )
    [record] = read(path)
    assert (record.provider, record.model, record.user_id) == ("openai", "gpt-4o-2024-08-06", "ann")
    assert (record.input_tokens, record.output_tokens, record.reported_cost) == (10, 5, 0.1)


@pytest.mark.parametrize(
    ("told", "provider"),
    [
        ({"provider": "", "request_model": "grok-4"}, "x_ai"),
        ({"provider": "", "request_model": "codestral-latest"}, "mistral_ai"),
        ({"provider": "", "request_model": "openai/o3-mini"}, "openai"),
        ({"provider": "", "request_model": "our-own"}, ""),
        ({"provider": "AZURE_TEXT"}, "azure.ai.openai"),
        ({"provider": "SOMEBODY"}, "somebody"),
    ],
)
def test_who_answered_is_told_by_the_vocabulary_else_by_the_models_name(
    tmp_path: Path, told: dict[str, str], provider: str
) -> None:
    path = tmp_path / "told.jsonl"
    path.write_text(json.dumps({**HELICONE, **told}))
    [record] = read(path)
    assert record.provider == provider


@pytest.mark.parametrize("name", sorted(path.name for path in FIXTURES.iterdir()))
def test_each_report_is_told_by_its_content(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"anything{Path(name).suffix}"
    path.write_bytes((FIXTURES / name).read_bytes())
    assert len(read(path)) > 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"hello": 1}', "is no usage that is known here"),
        ("a,b\n1,2\n", "is no usage that is known here"),
        (json.dumps({**LITELLM, "prompt_tokens": -1}), "prompt_tokens: expected a whole number from 0 on, found -1"),
        (json.dumps({**LITELLM, "startTime": "soon"}), "startTime: expected a time, found 'soon'"),
        ('{"data": [{"start_time": 1, "end_time": 2, "results": [{"model": null}]}]}', "grouped by model"),
        ("{", "expected JSON"),
        ("[" * 100_000, "too many brackets"),
        ("request_id;spend;startTime\n1;2;3\n", "';' between its fields"),
        ('{"data": [{"start_time": 1, "end_time": 2, "results": [5]}]}', "expected an object"),
        (
            '{"data": [{"start_time": 1, "end_time": 2, "results": [{"object": "organization.usage.images.result"}]}]}',
            "is usage of images",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "odd"
    path.write_text(text)
    with pytest.raises(ImportFileError, match=complaint) as refused:
        read(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("written", ["after each other", "list", "buckets"])
def test_pages_that_stand_after_one_another_are_all_read(tmp_path: Path, written: str) -> None:
    page = json.loads((FIXTURES / "openai_usage_completions.json").read_text())
    later = [
        {**one, "start_time": one["start_time"] + 8640000, "end_time": one["end_time"] + 8640000}
        for one in page["data"]
    ]
    pages = [page, {"data": [*later, {**later[0], "results": None}]}]
    path = tmp_path / "pages.json"
    path.write_text(
        {
            "after each other": "".join(json.dumps(one, indent=2) for one in pages),
            "list": json.dumps(pages),
            "buckets": json.dumps([bucket for one in pages for bucket in one["data"]]),
        }[written]
    )
    assert len(read(path)) == 2 * len(read(FIXTURES / "openai_usage_completions.json"))


def test_lines_that_a_report_tells_apart_by_what_nobody_reads_are_all_counted(
    tmp_path: Path, imported: Callable[[Path], list[dict[str, Any]]]
) -> None:
    told = {"uncached_input_tokens": 100, "output_tokens": 5, "model": "claude-sonnet-4-5-20250929"}
    results = [
        {**told, "context_window": "0-200k"},
        {**told, "context_window": "200k-1M"},
        *({**told, "added_in_2027": one} for one in "ab"),
    ]
    page = {"data": [{"starting_at": "2026-10-05T00:00:00Z", "ending_at": "2026-10-06T00:00:00Z", "results": results}]}
    path = tmp_path / "usage.json.gz"
    path.write_bytes(gzip.compress(json.dumps(page).encode()))
    assert sum(row["input_tokens"] for row in imported(path)) == 400
    assert sum(row["input_tokens"] for row in imported(path)) == 400


def test_bedrocks_logs_are_covered_by_calls_that_name_the_model_otherwise(
    books: Books, tmp_path: Path, imported: Callable[[Path], list[dict[str, Any]]]
) -> None:
    path = tmp_path / "events.json"
    path.write_text(json.dumps({"events": [{"message": json.dumps(BEDROCK)}]}))
    call = {"ts": FORENOON, "provider": "aws.bedrock", "response_model": "claude-sonnet-4-5-20250929"}
    books.ingest({**call, "request_model": BEDROCK["modelId"], "input_tokens": 150, "output_tokens": 20})
    books.enrich()
    assert [row["signal"] for row in imported(path)] == ["span"]


def test_openrouters_generations_are_calls_and_lines_without_tokens_are_named(tmp_path: Path) -> None:
    path = tmp_path / "activity.csv"
    names = "generation_id,created_at,tokens_prompt,tokens_completion,tokens_cached,model_permaslug"
    path.write_text(f"{names}\ng1,2026-10-05T09:10:00Z,100,20,40,openai/gpt-4o-mini\n")
    [record] = read(path)
    assert (record.provider, record.input_tokens, record.cache_read_tokens) == ("openrouter", 100, 40)
    left_out: list[str] = []
    path.write_text(json.dumps([LITELLM, {**LITELLM, "model": "", "prompt_tokens": 0, "completion_tokens": 0}]))
    assert len(read(path, left_out)) == len(left_out) == 1


def test_searches_that_no_call_tells_of_are_billed_beside_tokens_that_calls_tell(
    books: Books, tmp_path: Path, imported: Callable[[Path], list[dict[str, Any]]]
) -> None:
    model = "claude-sonnet-4-5-20250929"
    told = {"uncached_input_tokens": 100, "output_tokens": 5, "model": model}
    results = [{**told, "server_tool_use": {"web_search_requests": 3}}]
    page = {"data": [{"starting_at": "2026-10-05T00:00:00Z", "ending_at": "2026-10-06T00:00:00Z", "results": results}]}
    path = tmp_path / "usage.json"
    path.write_text(json.dumps(page))
    books.book(
        {"ts": FORENOON, "provider": "anthropic", "request_model": model, "input_tokens": 100, "output_tokens": 5}
    )
    [report] = [row for row in imported(path) if row["signal"] == "usage"]
    assert (report["input_tokens"], report["output_tokens"], float(report["list_cost"])) == (0, 0, 0.03)


def test_what_a_report_tells_of_speed_and_geography_costs_as_in_calls(
    books: Books, tmp_path: Path, imported: Callable[[Path], list[dict[str, Any]]]
) -> None:
    model, told = "claude-opus-5", [("", "global"), ("fast", "global"), ("", "us")]
    results = [
        {"uncached_input_tokens": 1000, "output_tokens": 10, "model": model, "speed": speed, "inference_geo": geo}
        for speed, geo in told
    ]
    page = {"data": [{"starting_at": "2026-10-06T00:00:00Z", "ending_at": "2026-10-07T00:00:00Z", "results": results}]}
    path = tmp_path / "usage.json"
    path.write_text(json.dumps(page))
    call = {"ts": FORENOON, "provider": "anthropic", "request_model": model, "input_tokens": 1000, "output_tokens": 10}
    calls = books.book(*({**call, "speed": speed, "inference_geo": geo} for speed, geo in told))
    costs = {
        (row["speed"], row["inference_geo"]): row["list_cost"] for row in imported(path) if row["signal"] == "usage"
    }
    assert costs == {(row["speed"], row["inference_geo"]): row["list_cost"] for row in calls}
    assert len(set(costs.values())) == 3
