"""Spans as OTLP, for the disk and for the receiver, without the encoder's own tracebacks in the app's log."""

import logging
import threading
from collections.abc import Callable
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan

from spanledger import guard


def codec() -> tuple[Callable[[list[ReadableSpan]], bytes], Callable[[bytes], list[ReadableSpan]]]:
    """Writing spans as OTLP, and reading them back. Imports what the exporter loads anyway."""
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans  # noqa: PLC0415

    from spanledger.delivery.span_decoding import decode_spans  # noqa: PLC0415

    def encode(batch: list[ReadableSpan]) -> bytes:
        request: bytes = encode_spans(batch).SerializeToString()
        return request

    return encode, decode_spans


class _Encoding(threading.local, logging.Filter):
    """What OpenTelemetry's encoder tells of our spans, each time with a traceback, is told by us, once.

    It leaves out an attribute that it cannot encode. What it says of others' spans stays as it is.
    """

    ours = False

    def __enter__(self) -> None:
        self.ours = True
        # Adding it again does nothing.
        logging.getLogger(_ENCODER).addFilter(self)

    def __exit__(self, *error: object) -> None:
        self.ours = False

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether OpenTelemetry may log it."""
        if self.ours:
            guard.note("encoding", record.getMessage())
        return not self.ours


_ENCODER: Final = "opentelemetry.exporter.otlp.proto.common._internal"
ENCODING: Final = _Encoding()
