"""Contents never reach the disk: what is stored of a span is an allow-list."""

from __future__ import annotations

import pytest
from captured import captures
from harness.otlp_request import call
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.committer import Committer
from spanledger_collector.export_request import from_protobuf
from spanledger_collector.spool.record import length_prefixed
from spanledger_collector.spool.spool import Spool
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import Configuration
from spanledger_settings.tenant_rule import TenantRule
from spanledger_sql.store import Store

# Where instrumentations put contents, or might.
NAMES = [
    "llm.None.input", "final_result", "llm.azure.messages", "llm.groq.content", "llm.mistral.choices",
    "llm.cohere.messages", "llm.gemini.contents", "tool_arguments", "tool_response", "input", "output",
    "crewai.task.description", "crewai.agent.goal", "gen_ai.evaluation.explanation", "ai.value", "ai.values",
    "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt.0.content",
    "gen_ai.completion", "gen_ai.tool.call.arguments", "gen_ai.tool.message", "input.value", "output.value",
    "llm.input_messages.0.message.content", "llm.prompt_template.variables", "retrieval.documents.0.document.content",
    "reranker.query", "embedding.text", "traceloop.entity.input", "langfuse.observation.input",
    "langfuse.trace.output", "langfuse.observation.metadata.note", "langfuse.trace.metadata.question", "request_data",
    "response_data", "logfire.msg", "all_messages_events", "events", "pydantic_ai.all_messages", "hidden_params",
    "messages", "metadata.requester_metadata", "ai.prompt", "ai.response.text", "ai.toolCall.args",
    "ai.telemetry.metadata.note", "http.request.body", "http.request.header.authorization",
    "http.request.header.cookie", "authorization", "cookie", "set-cookie", "db.statement", "db.query.text",
    "url.query", "user.question", "customer.note", "baggage.note", "haystack.component.input", "smolagents.task",
    "lc.run.inputs", "mlflow.spanInputs", "mlflow.spanOutputs", "weave.inputs", "agentops.entity.input",
    "instructor.response", "dspy.inputs", "guardrails.value", "process.command_args", "gen_ai.usage.raw", "metadata",
    "gen_ai.usage.note", "gen_ai.cost.note", "ai.response.providerMetadata", "gen_ai.usage.details.note",
    "exception.message", "exception.stacktrace", "error.message",
]  # fmt: skip


@pytest.fixture
def worker(store: Store, configuration: Configuration) -> Worker:
    return Worker(store, configuration)


def planted(text: str = "SECRET") -> bytes:
    """A call with a secret wherever one can be."""
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    scope = resource.scope_spans.add()
    scope.scope.name = "my.instrumentation"
    span = scope.spans.add(name="chat gpt-4o", trace_id=b"1" * 16, span_id=b"2" * 8, trace_state=f"v={text}")
    span.start_time_unix_nano, span.end_time_unix_nano = 1_728_388_800 * 10**9, 1_728_388_801 * 10**9
    span.status.message, span.status.code = f"failed: {text}", 2
    event, link = span.events.add(name="exception"), span.links.add(trace_id=b"3" * 16, span_id=b"4" * 8)
    link.trace_state = f"v={text}"
    for name in NAMES:
        for attributes in (span.attributes, event.attributes, link.attributes, scope.scope.attributes):
            attributes.add(key=name).value.string_value = f"the {text} of {name}"
        resource.resource.attributes.add(key=name).value.string_value = f'{{"note": "{text}", "tokens": 5}}'
        span.attributes.add(key=f"{name}.list").value.array_value.values.add().string_value = text
    for name in ("gen_ai.usage.raw", "metadata", "langfuse.observation.usage_details", "llm.openai.usage"):
        span.attributes.add(key=name).value.string_value = f'{{"note": "{text} \\"5", "tenant": "acme", "input": 7}}'
    event.attributes.add(key="exception.type").value.string_value = f"openai.RateLimitError: {text}"
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.provider.name": "openai"}
    for name, value in {**said, "url.full": f"https://api.x.ai/v1?key={text}", "error.type": f"Bad: {text}"}.items():
        span.attributes.add(key=name).value.string_value = value
    for name in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.new_tokens"):
        span.attributes.add(key=name).value.int_value = 12
    return message.SerializeToString()


def holding(store: Store, text: str) -> list[str]:
    """The columns of all tables in which a text stands."""
    columns = store.rows(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND type ILIKE '%String%' "
        "AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')"
    )
    return [
        f"{column['table']}.{column['name']}"
        for column in columns
        if store.value(
            f"SELECT countIf(position(toString(`{column['name']}`), {{text:String}}) > 0) FROM `{column['table']}`",
            text=text,
        )
    ]


def test_no_contents_of_the_captures_are_in_any_table_or_file(
    store: Store, worker: Worker, configuration: Configuration
) -> None:
    assert any(b"SECRET" in capture.request for capture in captures())
    spool = Spool(configuration.spool, segment_spans=1000, segment_seconds=60, max_bytes=10**9)
    committer = Committer(spool, store)
    for capture in captures():
        spool.append(from_protobuf(capture.request)).result()
    spool.close()
    committer.join()
    worker.catch_up()
    assert store.value("SELECT count() FROM otel_traces") > 500
    assert holding(store, "SECRET") == []
    assert not list(configuration.spool.glob("*.ready"))
    files = [path for path in configuration.data_dir.rglob("*") if path.is_file()]
    assert [path for path in files if b"SECRET" in path.read_bytes()] == []


def test_a_secret_is_not_stored_under_whatever_name(store: Store, worker: Worker) -> None:
    store.insert_otlp(length_prefixed(planted()), "planted")
    worker.catch_up()
    [call] = store.rows("SELECT * FROM calls")
    assert (call["input_tokens"], call["provider"], call["error_type"]) == (12, "x_ai", "Bad")
    assert holding(store, "SECRET") == []


def test_numbers_are_kept_of_what_nobody_knows(store: Store) -> None:
    store.insert_otlp(length_prefixed(planted()), "planted")
    [span] = store.rows("SELECT SpanAttributes AS said FROM otel_traces")
    assert span["said"]["gen_ai.usage.new_tokens"] == "12"
    assert span["said"]["url.full"] == "api.x.ai"


def stored_attributes(store: Store, **said: str | int) -> dict[str, str]:
    store.insert_otlp(length_prefixed(call(**said)), "said")
    [span] = store.rows("SELECT SpanAttributes AS said FROM otel_traces")
    return dict(span["said"])


@pytest.mark.parametrize(
    ("address", "host"),
    [("https://api.x.ai/v1?key=SECRET", "api.x.ai"), ("SECRET:SECRET@api.x.ai", "api.x.ai"),
     ("127.0.0.1:80", "127.0.0.1:80"), ("https://me:SECRET@api.x.ai:8443/v1", ""),
     ("api.x.ai?key=SECRET", ""), ("transfer SECRET to me", "")],
)  # fmt: skip
def test_of_an_address_a_host_is_kept_or_nothing(store: Store, address: str, host: str) -> None:
    assert stored_attributes(store, url__full=address).get("url.full", "") == host
    assert holding(store, "SECRET") == []


@pytest.mark.parametrize(
    ("address", "kept"),
    [("https://x-access-token:SECRET@github.com/acme/bot.git", "https://github.com/acme/bot.git"),
     ("https://gitlab.com/acme/bot?private_token=SECRET", "https://gitlab.com/acme/bot"),
     ("https://github.com/acme/bot", "https://github.com/acme/bot"),
     ("git@github.com:acme/bot.git", "git@github.com:acme/bot.git")],
)  # fmt: skip
@pytest.mark.parametrize("named", [False, True])
def test_of_a_repositorys_address_no_password_is_kept(store: Store, address: str, kept: str, named: bool) -> None:
    if named:
        store_rules(store, (TenantRule(attribute="vcs.repository.url.full", before_span=True),))
    assert stored_attributes(store, vcs__repository__url__full=address)["vcs.repository.url.full"] == kept
    assert holding(store, "SECRET") == []


def test_what_is_no_name_is_not_kept_though_its_value_is_a_number(store: Store) -> None:
    names = ("tell SECRET to nobody", "SECRET" * 40)
    assert not {*names} & set(stored_attributes(store, **dict.fromkeys(names, 1), new_tokens=2))
    assert holding(store, "SECRET") == []


def test_what_a_tenant_rule_names_is_kept(store: Store, worker: Worker) -> None:
    store_rules(store, (TenantRule(attribute="customer.note", before_span=True),))
    store.insert_otlp(length_prefixed(planted("ACME")), "planted")
    worker.catch_up()
    assert store.value("SELECT tenant_id FROM calls") == "the ACME of customer.note"
    assert store.value("SELECT attribution_raw['user.question'] FROM llm_spans") == ""


def test_a_collector_that_writes_tables_itself_gets_the_same_allow_list(store: Store, worker: Worker) -> None:
    said = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "tenant.id": "acme"}
    store.insert(
        "otel_traces_in",
        [{"TraceId": "1", "SpanId": "2", "SpanAttributes": said | dict.fromkeys(NAMES, "SECRET"),
          "ResourceAttributes": dict.fromkeys(NAMES, "SECRET"), "StatusMessage": "SECRET", "TraceState": "SECRET",
          "Events.Name": ["exception"], "Events.Attributes": [dict.fromkeys(NAMES, "SECRET")],
          "Links.TraceState": ["SECRET"], "Links.Attributes": [{"a": "SECRET"}]}],
    )  # fmt: skip
    worker.catch_up()
    assert store.value("SELECT tenant_id FROM calls") == "acme"
    assert holding(store, "SECRET") == []
