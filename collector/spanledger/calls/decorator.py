"""`@llm_call`: one CLIENT span per call of the function, with what its answer says was used."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast, overload

from opentelemetry.context import attach, detach, get_current
from opentelemetry.trace import INVALID_SPAN, SpanKind, set_span_in_context

from spanledger import attributes, guard
from spanledger.attribution.arguments import ArgumentReader, is_function, parameter_reader, takes_any_keyword
from spanledger.attribution.attribution_context import KEYWORDS, AttributionValue, BoundAttribution
from spanledger.attribution.keyword import tell_typos
from spanledger.calls.call import Call
from spanledger.calls.operation import known_operation
from spanledger.generators import wrap_async_generator, wrap_generator
from spanledger.processor import foreign_calls_are_watched
from spanledger.tracing import DISABLED, tracer

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

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
        operation: "chat", "embeddings", "text_completion", "rerank", "image_generation", "speech", "transcription",
            ...; of another one is told, and it counts as "chat".
        region: The cloud region the model runs in: `cloud.region`. Decides the grid whose carbon counts.
        cloud: The cloud it runs in ("aws", "azure", "gcp"): `cloud.provider`.
        **attribution: The keywords of `attribution`, which hold within the call.
    """
    if isinstance(function, str):
        guard.note("llm_call", f"{function!r} has no keyword: write @llm_call(provider=...) or @llm_call(model=...)")
        return llm_call()
    if function is not None:
        return llm_call()(function)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        wrapped: Any = function
        if isinstance(wrapped, classmethod | staticmethod):
            return cast("Callable[P, R]", type(wrapped)(decorate(wrapped.__func__)))
        if not is_function("llm_call", wrapped):
            return function
        tell_typos("llm_call", attribution, _KEYWORDS)
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

    __slots__ = ("_attribution", "_function", "_model_of", "_name", "_operation", "_static")

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
        operation = known_operation("llm_call", operation)
        static: dict[str, str | None] = {
            attributes.OPERATION_NAME: operation,
            attributes.PROVIDER_NAME: provider,
            attributes.REQUEST_MODEL: model,
            attributes.CLOUD_REGION: region,
            attributes.CLOUD_PROVIDER: cloud,
        }
        self._static: dict[str, AttributeValue] = {
            name: value for name, value in static.items() if _is_told(name, value)
        }
        self._operation = operation
        self._function = getattr(function, "__qualname__", repr(function))
        is_named = attributes.REQUEST_MODEL in self._static
        self._name = f"{operation} {model}" if is_named else operation
        self._model_of = None if is_named else _model_reader(function)
        said = {keyword: value for keyword, value in (attribution or {}).items() if value is not None}
        self._attribution = BoundAttribution(function, said) if said else None

    def begin(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
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
            span = tracer().start_span(name, context, _CLIENT, start)
            call = Call(span, set_span_in_context(span, context), start, self._function)
            if foreign_calls_are_watched() and span.is_recording():
                span._spanledger_call = call  # type: ignore[attr-defined]
            return call
        return Call(INVALID_SPAN, get_current(), {})


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


def _is_told(name: str, value: object) -> bool:
    if value and not isinstance(value, str):
        guard.note("llm_call", f"{name} is left out: a {type(value).__qualname__} is no name", once_for=name)
    return isinstance(value, str) and bool(value)


def _model_reader(function: Callable[..., Any]) -> ArgumentReader | None:
    reader = parameter_reader(function, "model")
    if reader is None and takes_any_keyword(function):
        return lambda args, kwargs: kwargs.get("model")  # noqa: ARG005
    return reader


_KEYWORDS: Final = ("provider", "model", "operation", "region", "cloud", *KEYWORDS)
_CLIENT: Final = SpanKind.CLIENT  # which takes long to look up in its class
_STARTING: Final = guard.Shield("starting an llm_call span")
