"""The mark that says whose a request is: set here by the sender's token, and believed from nobody else.

It is an attribute of each resource, so that it lies in the spool with the spans. A sender's own is taken away.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from spanledger_collector.export_request import ExportRequest

MARK = "spanledger.pinned_tenant"
"""The attribute's name; ingest's views read it."""


def pinned(export: ExportRequest, tenant: str) -> ExportRequest:
    """The request, with the tenant's mark and no other on each of its resources."""
    request = ExportTraceServiceRequest.FromString(export.body)
    for part in _resource_parts(request):
        _unmark(part.resource)
        part.resource.attributes.add(key=MARK).value.string_value = tenant
    return dataclasses.replace(export, body=request.SerializeToString())


def unpinned(export: ExportRequest) -> ExportRequest:
    """The request without any mark."""
    if not holds_mark(export.body):
        return export
    request = ExportTraceServiceRequest.FromString(export.body)
    for part in _resource_parts(request):
        _unmark(part.resource)
    return dataclasses.replace(export, body=request.SerializeToString())


def holds_mark(data: bytes) -> bool:
    """Whether the mark's name stands anywhere in the bytes."""
    return MARK.encode() in data


def _resource_parts(request: Any) -> Any:
    """The parts of a request of any signal, each with its resource."""
    return [part for _, parts in request.ListFields() for part in parts]


def _unmark(resource: Any) -> None:
    kept = [attribute for attribute in resource.attributes if attribute.key != MARK]
    if len(kept) != len(resource.attributes):
        # Copies: what is taken out of a message does not outlive it.
        copies = [type(attribute).FromString(attribute.SerializeToString()) for attribute in kept]
        del resource.attributes[:]
        resource.attributes.extend(copies)
