"""The mark that says whose a request is: set here by the sender's token, and believed from nobody else.

It is an attribute of each resource, so that it lies in the spool with the spans. A sender's own is taken away.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from spanledger_collector.otlp_signal import spooled_as

if TYPE_CHECKING:
    from spanledger_collector.export_request import ExportRequest

MARK = "spanledger.pinned_tenant"
"""The attribute's name; ingest's views read it."""


def pinned(export: ExportRequest, tenant: str) -> ExportRequest:
    """The request, with the tenant's mark and no other on each of its resources."""
    return _marked(export, tenant)


def unpinned(export: ExportRequest) -> ExportRequest:
    """The request without any mark."""
    return _marked(export, None) if holds_mark(export.body) else export


def holds_mark(data: bytes) -> bool:
    """Whether the mark's name stands anywhere in the bytes."""
    return MARK.encode() in data


def _marked(export: ExportRequest, tenant: str | None) -> ExportRequest:
    signal = spooled_as(export.body)
    request = signal.message.FromString(signal.sent(export.body))
    for part in getattr(request, signal.resources):
        _unmark(part.resource)
        if tenant is not None:
            part.resource.attributes.add(key=MARK).value.string_value = tenant
    request.DiscardUnknownFields()
    return dataclasses.replace(export, body=signal.spooled(request.SerializeToString()))


def _unmark(resource: Any) -> None:
    kept = [attribute for attribute in resource.attributes if attribute.key != MARK]
    if len(kept) != len(resource.attributes):
        # Copies: what is taken out of a message does not outlive it.
        copies = [type(attribute).FromString(attribute.SerializeToString()) for attribute in kept]
        del resource.attributes[:]
        resource.attributes.extend(copies)
