"""The span processor: stamps attribution on every span at its start, hands the accounting spans on at their end."""

from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Final
from weakref import ref

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.util.types import AttributeValue

from spanledger import attributes, guard
from spanledger.attribution.attribution_context import Attribution, attribution_in
from spanledger.attribution.baggage import received
from spanledger.attribution.room import MOST_DIMENSIONS, with_room
from spanledger.tracing import SCOPE_NAME

if TYPE_CHECKING:
    from spanledger.delivery.export_queue import ExportQueue


@cache
def dialects() -> tuple[str, ...]:
    """How the names of attributes begin that only spans about LLM calls carry."""
    # Read at the first span: importing the library is to cost an app nothing.
    from spanledger_vocabulary.dialect import beginnings  # noqa: PLC0415

    return beginnings()


class AccountingProcessor(SpanProcessor):
    """Added once to a tracer provider, and kept there: a new configuration only gives it another queue.

    Spans are handed on whatever their sampled flag says: sampling must not lose spend.
    """

    def __init__(self) -> None:
        self._queue: ExportQueue | None = None
        self._defaults: dict[str, AttributeValue] = {}
        self._accepted: frozenset[str] = frozenset()

    def is_active(self) -> bool:
        """Whether accounting spans go anywhere."""
        return self._queue is not None

    def use(
        self,
        queue: "ExportQueue | None",
        defaults: dict[str, AttributeValue],
        accepted: frozenset[str] = frozenset(),
    ) -> None:
        """Hands accounting spans to this queue from now on, `None` meaning to nobody.

        Args:
            queue: Where ended accounting spans go.
            defaults: Attributes for every span that does not say otherwise.
            accepted: Attributes that other services may say in baggage.
        """
        self._accepted = accepted
        self._queue = queue
        self._defaults = defaults

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Stamps the attribution of the span's parent context on it. What the span says itself stays."""
        with _STAMPING:
            if _watching and not _is_ours(span):
                _newest_foreign.set(ref(span))
            attribution = attribution_in(parent_context)
            if self._accepted:
                claimed = received(self._accepted, parent_context)
                if claimed:
                    self._stamp_claimed(span, claimed, attribution)
            if attribution is None:
                stamp = self._defaults
                if not stamp:
                    return
            else:
                stamp = attribution.attributes
                if self._defaults:
                    stamp = self._defaults | stamp
                if len(stamp) > MOST_DIMENSIONS:
                    stamp = with_room(stamp)
            said = span.attributes
            if said and not stamp.keys().isdisjoint(said):
                stamp = {name: value for name, value in stamp.items() if name not in said}
            span.set_attributes(stamp)

    def _stamp_claimed(self, span: Span, claimed: dict[str, AttributeValue], attribution: Attribution | None) -> None:
        """What another service claims counts only where the app itself says nothing of it; and it is marked."""
        said = {*(span.attributes or {}), *(attribution.attributes if attribution else {})}
        claimed = {name: value for name, value in claimed.items() if name not in said}
        if claimed:
            span.set_attributes({**claimed, attributes.FROM_BAGGAGE: sorted(claimed)})

    def on_end(self, span: ReadableSpan) -> None:
        """Queues the span for export where it is about an LLM call."""
        queue = self._queue
        if queue is not None:
            with _QUEUEING:
                if is_accounting_span(span):
                    queue.put(span)
                    if span.dropped_attributes:
                        guard.note(
                            "a call's span",
                            f"{span.dropped_attributes} of its attributes found no room, tokens or tenant maybe among"
                            " them: raise OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
                        )

    def shutdown(self) -> None:
        """Sends what is queued and stops; called by the provider when it shuts down."""
        queue = self._queue
        if queue is not None:
            queue.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Sends what is queued; whether all of it arrived within the time."""
        queue = self._queue
        return queue is None or queue.flush(timeout_millis / 1000)


def is_accounting_span(span: ReadableSpan) -> bool:
    """Whether a span is about an LLM call, in any dialect of those that instrumentations write."""
    found = span.attributes or {}
    if _is_ours(span):
        return found.get(attributes.ROLE) != attributes.ROLE_CONTEXT
    begins = dialects()
    return any(name.startswith(begins) for name in found)


def watch_foreign_calls(watch: bool) -> None:
    """Turns on or off the watch for LLM calls that other instrumentations have begun."""
    global _watching  # noqa: PLW0603 (configuration)
    _watching = watch


def foreign_calls_are_watched() -> bool:
    """Whether calls are instrumented."""
    return _watching


def foreign_call_is_open() -> bool:
    """Whether another instrumentation has begun a span about an LLM call here, and not ended it.

    It may be the current span, or one that its instrumentation has not made current.
    """
    if _is_open_call(trace.get_current_span()):
        return True
    newest = _newest_foreign.get()
    return newest is not None and _is_open_call(newest())


def _is_open_call(span: object) -> bool:
    if not isinstance(span, Span) or not span.is_recording() or _is_ours(span):
        return False
    found = span.attributes or {}
    if any(name in found and found[name] not in calls for name, calls in _CALL_KINDS.items()):
        return False
    scope = span.instrumentation_scope
    by_scope = scope is not None and scope.name.endswith(_SDK_SCOPES)
    begins = dialects()
    return by_scope or any(name.startswith(begins) for name in found)


def _is_ours(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope
    return scope is not None and scope.name == SCOPE_NAME


# What says that a span is about an agent, a tool or a chain rather than a call of a model.
_CALL_KINDS: Final[dict[str, frozenset[object]]] = {
    "gen_ai.operation.name": frozenset({"chat", "text_completion", "embeddings", "generate_content", "completion"}),
    "openinference.span.kind": frozenset({"LLM", "EMBEDDING"}),
    "langfuse.observation.type": frozenset({"generation", "embedding"}),
    "traceloop.span.kind": frozenset(),
}
_SDK_SCOPES: Final = ("openai", "anthropic", "openai_v2", "openai.v1")
_watching = False
_newest_foreign: "ContextVar[ref[Span] | None]" = ContextVar("spanledger-newest-foreign", default=None)
_STAMPING: Final = guard.Shield("stamping attribution on a span")
_QUEUEING: Final = guard.Shield("queueing a span for export")
