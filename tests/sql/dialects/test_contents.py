"""Message contents are dropped on the way in, and what tells whose a call was is believed in its order."""

from __future__ import annotations

from captured import Capture, captures
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool.record import length_prefixed
from spanledger_sql.store import Store

LANGFUSE = [capture for capture in captures() if capture.setup.startswith("langfuse")]


def stored(store: Store, table: str) -> str:
    return store.client.raw_query(f"SELECT * FROM {table}", fmt="JSONEachRow").decode()


def test_what_langfuse_records_of_prompts_and_answers_is_not_stored(store: Store) -> None:
    assert any(b"langfuse.observation.input" in capture.request for capture in LANGFUSE)
    for number, capture in enumerate(LANGFUSE):
        store.insert_otlp(length_prefixed(capture.request), f"capture-{number}")
    assert sum(b"SECRET" in capture.request for capture in LANGFUSE) > 10
    for table in ("otel_traces", "llm_spans"):
        rows = stored(store, table)
        assert rows
        assert "SECRET" not in rows, table


WEAKER = ("tenant_id", "tenant", "baggage.tenant.id", "litellm.team.id", "traceloop.association.properties.tenant_id",
          "langfuse.trace.metadata.tenant_id", "ai.telemetry.metadata.tenantId")  # fmt: skip


def naming(number: int, *tenants: tuple[str, str]) -> bytes:
    """An OpenAI call whose span names tenants, in this order."""
    request = ExportTraceServiceRequest.FromString(Capture("official-1.3b0", "openai-plain").request)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.span_id = number.to_bytes(8, "big")
    others = [attribute for attribute in span.attributes if "tenant" not in attribute.key]
    del span.attributes[:]
    for name, tenant in tenants:
        span.attributes.add(key=name).value.string_value = tenant
    span.attributes.extend(others)
    return length_prefixed(request.SerializeToString())


def test_of_several_tenants_that_a_span_names_tenant_id_is_believed(store: Store) -> None:
    most = ("tenant.id", "acme")
    told = [(most, (name, "another")) for name in WEAKER] + [((name, "another"), most) for name in WEAKER]
    store.insert_otlp(b"".join(naming(number, *names) for number, names in enumerate(told, 1)), "spans")
    found = store.rows("SELECT tenant_id, tenant_source FROM llm_spans")
    assert found == [{"tenant_id": "acme", "tenant_source": "tenant.id"}] * len(told)
