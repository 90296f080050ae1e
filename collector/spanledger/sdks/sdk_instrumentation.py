"""Patching the clients of the openai and anthropic SDKs, so that each of their calls has a span."""

import functools
import threading
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import attach, detach, get_current
from opentelemetry.trace import SpanKind, set_span_in_context

from spanledger import attributes, guard, processor
from spanledger.calls.call import Call
from spanledger.sdks import module_import
from spanledger.sdks.sdk_answer import take_answer, take_async_answer
from spanledger.sdks.sdk_request import read_request
from spanledger.tracing import tracer


def patch() -> None:
    """Patches the SDKs that are imported, and the others once they are."""
    with _lock:
        processor.watch_foreign_calls(True)
        for name in _SDKS:
            module_import.after_import(name, _patch)


def unpatch() -> None:
    """Gives the SDKs their own methods back."""
    with _lock:
        processor.watch_foreign_calls(False)
        for name in _SDKS:
            module_import.forget(name, _patch)
        for owner, method, original, ours in _patched:
            if owner.__dict__.get(method) is ours:
                setattr(owner, method, original)
        _patched.clear()


def _patch(module: ModuleType) -> None:
    if any(owner.__module__ == module.__name__ for owner, *_ in _patched):
        return
    sdk = module.__name__.split(".")[0]
    plain, asynchronous = module.SyncAPIClient, module.AsyncAPIClient
    _replace(plain, "request", functools.partial(_request, sdk))
    _replace(asynchronous, "request", functools.partial(_async_request, sdk))
    _replace(plain, "_sleep_for_retry", _retry)
    _replace(asynchronous, "_sleep_for_retry", _retry)


def _replace(owner: type, method: str, wrap: Callable[[Any], Any]) -> None:
    original = owner.__dict__.get(method)
    if original is None:
        guard.note("instrumenting", f"{owner.__module__}.{owner.__qualname__} has no method {method}")
        return
    ours = functools.wraps(original)(wrap(original))
    setattr(owner, method, ours)
    _patched.append((owner, method, original, ours))


def _request(sdk: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def request(client: Any, *args: Any, **kwargs: Any) -> Any:
        call = _begin(sdk, client, args, kwargs)
        if call is None:
            return original(client, *args, **kwargs)
        token = attach(call.context)
        try:
            result = original(client, *args, **kwargs)
        except BaseException as error:
            call.failed(error)
            raise
        finally:
            detach(token)
        return take_answer(result, call)

    return request


def _async_request(sdk: str, original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def request(client: Any, *args: Any, **kwargs: Any) -> Any:
        call = _begin(sdk, client, args, kwargs)
        if call is None:
            return await original(client, *args, **kwargs)
        token = attach(call.context)
        try:
            result = await original(client, *args, **kwargs)
        except BaseException as error:
            call.failed(error)
            raise
        finally:
            detach(token)
        return take_async_answer(result, call)

    return request


def _retry(original: Callable[..., Any]) -> Callable[..., Any]:
    def sleep_for_retry(client: Any, *args: Any, **kwargs: Any) -> Any:
        with _NOTING:
            call = _call_of(trace.get_current_span())
            if call is not None:
                call.retried(getattr(kwargs.get("response"), "status_code", None))
        return original(client, *args, **kwargs)

    return sleep_for_retry


def _begin(sdk: str, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    """Starts the span of a call; `None` where the request is no LLM call, or is traced already."""
    with _STARTING:
        options = kwargs["options"] if "options" in kwargs else args[1]
        found = read_request(sdk, client, options)
        if found is None or _is_traced(client):
            return None
        outer = _call_of(trace.get_current_span())
        if outer is not None:
            outer.has_below()
            found.update({name: value for name, value in outer.known.items() if name in _SAID_BY_THE_DECORATOR})
        context = get_current()
        model = found.get(attributes.REQUEST_MODEL)
        operation = str(found[attributes.OPERATION_NAME])
        name = f"{operation} {model}" if isinstance(model, str) else operation
        span = tracer().start_span(name, context, SpanKind.CLIENT, found)
        call = Call(span, set_span_in_context(span, context), found)
        if span.is_recording():
            span._spanledger_call = call  # type: ignore[attr-defined]
        return call
    return None


def _is_traced(client: Any) -> bool:
    """Whether the call reports itself to where we report: by the SDK, or by an instrumentation around it."""
    own = getattr(client, "_tracer", None)
    if own is not None and _destination(own) is _destination(tracer()):
        return True
    return processor.foreign_call_is_open()


def _destination(of: Any) -> object:
    return getattr(getattr(of, "_tracer", of), "span_processor", None)


def _call_of(span: trace.Span) -> Call | None:
    return getattr(span, "_spanledger_call", None)


_SDKS: Final = ("openai._base_client", "anthropic._base_client")
_SAID_BY_THE_DECORATOR: Final = frozenset(
    {attributes.PROVIDER_NAME, attributes.CLOUD_REGION, attributes.CLOUD_PROVIDER}
)
_STARTING: Final = guard.Shield("starting the span of an SDK's call")
_NOTING: Final = guard.Shield("noting an attempt")
_lock: Final = threading.RLock()
_patched: list[tuple[type, str, Any, Any]] = []
