"""The sampler around the app's own: what may be an LLM call is recorded even where the app's sampler drops it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from spanledger import guard
from spanledger.processor import dialects


class AccountingSampler(Sampler):
    """Turns DROP into RECORD_ONLY for spans that may be about an LLM call, and leaves every other decision as it is.

    Such a span is recorded and handed to span processors, but its sampled flag stays unset: the exporters of the app,
    which go by that flag, and the services downstream see what the app's own sampler decided.

    Many instrumentations name the model only after the start of their span. So a span that the app's sampler drops is
    recorded unless its first attributes or its kind say that it is something else.

    Args:
        inner: The app's sampler.
        active: Whether accounting spans go anywhere at the moment; where not, the inner decision stands.
    """

    def __init__(self, inner: Sampler, active: Callable[[], bool]) -> None:
        self.inner = inner
        self._active = active

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """The inner sampler's result, with DROP replaced where the span may be about an LLM call."""
        if trace_state is None:
            result = self.inner.should_sample(parent_context, trace_id, name, kind, attributes, links)
        else:
            result = self.inner.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        if result.decision is _DROP:
            with _SAMPLING:
                if self._active() and may_be_accounting(kind, attributes):
                    return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)
        return result

    def get_description(self) -> str:
        """The inner sampler's description, with ours around it."""
        return f"Spanledger{{{self.inner.get_description()}}}"


def may_be_accounting(kind: SpanKind | None, attributes: Attributes) -> bool:
    """Whether a span that starts like this may turn out to be about an LLM call."""
    if attributes:
        begins = dialects()
        for name in attributes:
            if name.startswith(begins):
                return True
        if any(name.startswith(_SOMETHING_ELSE) for name in attributes):
            return False
    return kind not in _OTHER_KINDS


def install_sampler(provider: TracerProvider, active: Callable[[], bool]) -> None:
    """Puts an `AccountingSampler` around the provider's sampler, also for the tracers it has given out already."""
    if isinstance(provider.sampler, AccountingSampler):
        return
    sampler = AccountingSampler(provider.sampler, active)
    given_out: Any = getattr(provider, "_tracers", None) or {}
    for tracer in list(given_out.values()):
        if tracer.sampler is provider.sampler:
            tracer.sampler = sampler
    provider.sampler = sampler


_SOMETHING_ELSE: Final = ("http.", "db.", "rpc.", "messaging.", "url.", "net.", "graphql.", "faas.", "aws.s3.", "sql.")
_DROP: Final = Decision.DROP  # which takes long to look up in its class
_OTHER_KINDS: Final = frozenset({SpanKind.SERVER, SpanKind.CONSUMER, SpanKind.PRODUCER})
_SAMPLING: Final = guard.Shield("sampling")
