"""`@llm_call`: one CLIENT span per call of the function, with what its answer says was used."""

import functools
import inspect
from collections.abc import Callable, Mapping
from time import perf_counter
from types import CoroutineType
from typing import Any, Final, ParamSpec, TypeVar, cast, overload

from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, StatusCode, set_span_in_context
from opentelemetry.util.types import AttributeValue

from spanledger import attributes, guard
from spanledger.arguments import ArgumentReader, parameter_reader, takes_any_keyword
from spanledger.attribution_context import AttributionValue, BoundAttribution
from spanledger.generators import wrap_async_generator, wrap_generator
from spanledger.stream import WatchedAsyncStream, WatchedStream
from spanledger.tracing import DISABLED, tracer
from spanledger.usage import StreamedAnswer, read_answer

P = ParamSpec("P")
R = TypeVar("R")


@overload
def llm_call(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def llm_call(
    *,
    provider: str | None = None,
    model: str | None = None,
    operation: str = "chat",
    region: str | None = None,
    cloud: str | None = None,
    **attribution: AttributionValue,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def llm_call(
    function: Callable[..., Any] | None = None,
    /,
    *,
    provider: str | None = None,
    model: str | None = None,
    operation: str = "chat",
    region: str | None = None,
    cloud: str | None = None,
    **attribution: AttributionValue,
) -> Any:
    """Decorates a function that makes one LLM call and returns the provider's answer.

    Each call makes a span named after operation and model, with the tokens that the answer reports. Understood are
    the answers of OpenAI (Chat Completions, Responses, Embeddings) and Anthropic (Messages), as SDK objects or dicts,
    whole or streamed; of another answer only the duration is known. Message contents are never read.

    The function keeps its kind, signature, type, results and exceptions. A returned stream is handed on inside a
    stand-in that passes every item through and ends the span with the stream.

    Args:
        function: The function, where the decorator is used bare.
        provider: Who is called, as the GenAI conventions name it ("openai", "anthropic", "aws.bedrock"). By default
            what the answer's shape tells.
        model: The model asked for. By default the function's argument `model`, where it has one.
        operation: "chat", "embeddings", "text_completion", ...
        region: The cloud region the model runs in: `cloud.region`. Decides the grid whose carbon counts.
        cloud: The cloud it runs in ("aws", "azure", "gcp"): `cloud.provider`.
        **attribution: The keywords of `attribution`, which hold within the call.
    """
    if function is not None:
        return _decorate(function, _CallSite(function, operation=operation))

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        site = _CallSite(
            function,
            operation=operation,
            provider=provider,
            model=model,
            region=region,
            cloud=cloud,
            attribution=attribution,
        )
        return _decorate(function, site)

    return decorate


class _CallSite:
    """What is known of a decorated function before it is called."""

    __slots__ = ("_attribution", "_model_of", "_name", "_operation", "_static")

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        operation: str,
        provider: str | None = None,
        model: str | None = None,
        region: str | None = None,
        cloud: str | None = None,
        attribution: Mapping[str, AttributionValue] | None = None,
    ) -> None:
        static: dict[str, str | None] = {
            attributes.OPERATION_NAME: operation,
            attributes.PROVIDER_NAME: provider,
            attributes.REQUEST_MODEL: model,
            attributes.CLOUD_REGION: region,
            attributes.CLOUD_PROVIDER: cloud,
        }
        self._static: dict[str, AttributeValue] = {name: value for name, value in static.items() if value}
        self._operation = operation
        self._name = f"{operation} {model}" if model else operation
        self._model_of = None if model else _model_reader(function)
        said = {keyword: value for keyword, value in (attribution or {}).items() if value is not None}
        self._attribution = BoundAttribution(function, said) if said else None

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> "_Call":
        """Starts the span of one call. A failure of ours gives a call that records nothing."""
        with _STARTING:
            model = None if self._model_of is None else self._model_of(args, kwargs)
            if isinstance(model, str):
                name = f"{self._operation} {model}"
                start = {**self._static, attributes.REQUEST_MODEL: model}
            else:
                name = self._name
                start = self._static
            context = get_current() if self._attribution is None else self._attribution.context_for(args, kwargs)
            span = tracer().start_span(name, context, SpanKind.CLIENT, start)
            return _Call(span, set_span_in_context(span, context), attributes.PROVIDER_NAME in start)
        return _Call(INVALID_SPAN, get_current(), True)


class _Call:
    """One call in the making; also the session that watches its stream."""

    __slots__ = ("_begun", "_chunks", "_ended", "_provider_known", "_span", "context")

    def __init__(self, span: Span, context: Context, provider_known: bool) -> None:
        self.context = context
        self._span = span
        self._provider_known = provider_known
        self._begun = perf_counter()
        self._chunks: StreamedAnswer | None = None
        self._ended = False

    def answer(self, result: R) -> R:
        """Takes the function's result: ends the span, or has a stream end it. Returns what the app shall get."""
        with _READING:
            if self._span.is_recording():
                kind: Any = type(result)
                stand_in = _stand_in_for(kind)
                if stand_in is not None:
                    return cast("R", stand_in(result, self))
                self._set(read_answer(result))
        self._end()
        return result

    def item(self, item: object) -> None:
        with _STREAMING:
            if self._chunks is None:
                self._chunks = StreamedAnswer()
                self._span.set_attribute(attributes.REQUEST_STREAM, True)
                self._span.set_attribute(attributes.RESPONSE_TIME_TO_FIRST_CHUNK, perf_counter() - self._begun)
            self._chunks.see(item)

    def done(self, error: BaseException | None) -> None:
        """Ends the span of a stream, or of a call that failed; what comes after the first end is ignored."""
        if self._ended:
            return
        with _ENDING:
            if self._chunks is not None:
                self._set(self._chunks.attributes())
            abandoned = isinstance(error, GeneratorExit)
            if error is not None and not abandoned:
                self._fail(error)
            elif abandoned and not (self._chunks and self._chunks.finished):
                self._span.set_attribute(attributes.OUTCOME, attributes.OUTCOME_ABANDONED)
            else:
                self._span.set_attribute(attributes.OUTCOME, attributes.OUTCOME_COMPLETE)
        self._end()

    async def awaited(self, coroutine: Any) -> Any:
        """Awaits what a plain function returned in place of an answer."""
        token = attach(self.context)
        try:
            result = await coroutine
        except BaseException as error:
            self.failed(error)
            raise
        finally:
            detach(token)
        return self.answer(result)

    def failed(self, error: BaseException) -> None:
        """Ends the span of a call that raised."""
        with _ENDING:
            self._fail(error)
        self._end()

    def _fail(self, error: BaseException) -> None:
        # The message may quote the prompt, so only the type is told.
        kind: Any = type(error)
        self._span.set_attribute(attributes.ERROR_TYPE, _qualified_name(kind))
        self._span.set_status(StatusCode.ERROR)

    def _set(self, found: dict[str, AttributeValue]) -> None:
        if self._provider_known:
            found.pop(attributes.PROVIDER_NAME, None)
        self._span.set_attributes(found)

    def _end(self) -> None:
        self._ended = True
        with _ENDING:
            self._span.end()


def _decorate(function: Callable[P, R], site: _CallSite) -> Callable[P, R]:
    if DISABLED:
        return function
    if inspect.isasyncgenfunction(function):
        return cast("Callable[P, R]", wrap_async_generator(function, site.begin))
    if inspect.isgeneratorfunction(function):
        return cast("Callable[P, R]", wrap_generator(function, site.begin))

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def async_wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
            call = site.begin(args, kwargs)
            token = attach(call.context)
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                call.failed(error)
                raise
            finally:
                detach(token)
            return call.answer(result)

        return cast("Callable[P, R]", async_wrapper)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        call = site.begin(args, kwargs)
        token = attach(call.context)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            call.failed(error)
            raise
        finally:
            detach(token)
        return call.answer(result)

    return wrapper


def _model_reader(function: Callable[..., Any]) -> ArgumentReader | None:
    reader = parameter_reader(function, "model")
    if reader is None and takes_any_keyword(function):
        return lambda args, kwargs: kwargs.get("model")  # noqa: ARG005
    return reader


@functools.lru_cache(maxsize=256)
def _stand_in_for(kind: Any) -> Callable[[Any, _Call], Any] | None:
    """What to hand on in place of a result that is not an answer yet; `None` for an answer."""
    if kind is CoroutineType:
        return lambda result, call: call.awaited(result)
    if hasattr(kind, "__aiter__"):
        return WatchedAsyncStream
    if hasattr(kind, "__next__"):
        return WatchedStream
    return None


@functools.lru_cache(maxsize=256)
def _qualified_name(kind: Any) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


_STARTING: Final = guard.Shield("starting an llm_call span")
_READING: Final = guard.Shield("reading an llm_call answer")
_STREAMING: Final = guard.Shield("reading a chunk of a stream")
_ENDING: Final = guard.Shield("ending an llm_call span")
