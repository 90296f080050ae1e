"""What a sender is told of the spans, log records and data points of his request that were not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from spanledger_collector.shared_parts import message as crowding_of
from spanledger_collector.span_limits import message as refusal_of

if TYPE_CHECKING:
    from spanledger_collector.export_request import ExportRequest
    from spanledger_collector.otlp_signal import Signal

_ANSWERS: dict[str, tuple[Any, str]] = {
    "traces": (ExportTraceServiceResponse, "rejected_spans"),
    "logs": (ExportLogsServiceResponse, "rejected_log_records"),
    "metrics": (ExportMetricsServiceResponse, "rejected_data_points"),
}


def partial_success(export: ExportRequest, signal: Signal) -> Any:
    """The answer to a request of which not all was taken; None where all was."""
    not_taken = export.refused + export.crowded + export.unread
    if not not_taken:
        return None
    response, count = _ANSWERS[signal.name]
    answer = response()
    setattr(answer.partial_success, count, not_taken)
    told = [refusal_of(export.refused)] if export.refused else []
    what = count.removeprefix("rejected_").replace("_", " ")
    if export.crowded:
        told.append(crowding_of(export.crowded, what))
    if export.unread:
        told.append(f"{export.unread:,} {what} cannot be read: {export.complaint}")
    answer.partial_success.error_message = "; ".join(told)
    return answer
