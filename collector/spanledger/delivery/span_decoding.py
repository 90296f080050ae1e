"""OTLP spans read back into what an exporter takes, for those that waited on disk."""

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState


def decode_spans(request: bytes) -> list[ReadableSpan]:
    """The spans of a serialized `ExportTraceServiceRequest`, in their order.

    Encoding them again gives the same request, but for the counts of attributes, events and links that were dropped.

    Raises `google.protobuf.message.DecodeError` where the bytes are no such request.
    """
    return [
        _span(span, resource, scope)
        for of_resource in ExportTraceServiceRequest.FromString(request).resource_spans
        for resource in [Resource(_attributes(of_resource.resource.attributes), of_resource.schema_url)]
        for of_scope in of_resource.scope_spans
        for scope in [_scope(of_scope)]
        for span in of_scope.spans
    ]


def _scope(of_scope: Any) -> InstrumentationScope:
    scope = of_scope.scope
    return InstrumentationScope(
        scope.name, scope.version or None, of_scope.schema_url or None, _attributes(scope.attributes)
    )


def _span(span: Any, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    trace_id = int.from_bytes(span.trace_id, "big")
    parent = None
    if span.parent_span_id:
        parent = SpanContext(trace_id, int.from_bytes(span.parent_span_id, "big"), bool(span.flags & _IS_REMOTE))
    return ReadableSpan(
        name=span.name,
        context=SpanContext(
            trace_id,
            int.from_bytes(span.span_id, "big"),
            is_remote=False,
            trace_flags=TraceFlags(span.flags & 0xFF),
            trace_state=TraceState.from_header([span.trace_state]) if span.trace_state else None,
        ),
        parent=parent,
        resource=resource,
        attributes=_attributes(span.attributes),
        events=[Event(event.name, _attributes(event.attributes), event.time_unix_nano) for event in span.events],
        links=[_link(link) for link in span.links],
        kind=SpanKind(max(span.kind - 1, 0)),
        status=_status(span.status),
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
        instrumentation_scope=scope,
    )


def _link(link: Any) -> Link:
    context = SpanContext(
        int.from_bytes(link.trace_id, "big"), int.from_bytes(link.span_id, "big"), bool(link.flags & _IS_REMOTE)
    )
    return Link(context, _attributes(link.attributes))


def _status(status: Any) -> Status:
    code = StatusCode(status.code)
    return Status(code, status.message if code is StatusCode.ERROR and status.message else None)


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return None if kind is None else getattr(value, kind)


_IS_REMOTE = 0x200  # SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
