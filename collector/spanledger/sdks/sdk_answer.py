"""What the openai and anthropic SDKs hand to the app, watched in place: answers, streams and raw responses."""

import weakref
from typing import Any, Final

from spanledger import guard
from spanledger.answers.fields import is_model
from spanledger.calls.call import Call
from spanledger.calls.stream import watch_async_in_place, watch_in_place


def take_answer(result: Any, call: Call) -> Any:
    """Ends the call with the SDK's result, or has the stream or response in it do so. Gives what the app shall get."""
    with _TAKING:
        if hasattr(type(result), "__next__"):
            return watch_in_place(result, call)
        if _is_response(result):
            _watch_response(result, call)
            return result
    return result if call.ended else call.answer(result)


def take_async_answer(result: Any, call: Call) -> Any:
    """As `take_answer`, for what an asynchronous client gives."""
    with _TAKING:
        if hasattr(type(result), "__anext__"):
            return watch_async_in_place(result, call)
        if _is_response(result):
            _watch_response(result, call)
            return result
    return result if call.ended else call.answer(result)


def _is_response(result: Any) -> bool:
    kind: Any = type(result)
    return not is_model(kind) and hasattr(result, "http_response")


def _watch_response(response: Any, call: Call) -> None:
    """A raw response: read at once where its body is here, else when the app parses, reads or closes it."""
    if not getattr(response, "_stream", False) and _is_read(response.http_response):
        call.answer(response.http_response.json())
        return
    original = response.parse
    watched: list[Any] = []  # the one that the app gets, however often it parses

    def take(parsed: Any) -> Any:
        if watched and watched[0] is parsed:
            return parsed
        watched[:] = [parsed]
        if hasattr(type(parsed), "__anext__"):
            return watch_async_in_place(parsed, call)
        return take_answer(parsed, call)

    def parse(*args: Any, **kwargs: Any) -> Any:
        parsed = original(*args, **kwargs)
        if hasattr(parsed, "__await__"):
            return parse_later(parsed)
        with _TAKING:
            return take(parsed)
        return parsed

    async def parse_later(coming: Any) -> Any:
        parsed = await coming
        with _TAKING:
            return take(parsed)
        return parsed

    closed: list[bool] = []

    def finish() -> None:
        raw = response.http_response
        if call.ended or watched:
            return
        if _is_read(raw):
            with _TAKING:
                call.answer(raw.json())
        elif closed or not raw.is_stream_consumed:
            call.done(GeneratorExit())
        closed.append(True)  # by the reader of its last byte; the body is kept only after that

    response.parse = parse
    _watch_closing(response, finish)
    weakref.finalize(response, call.done, GeneratorExit())


def _watch_closing(response: Any, finish: Any) -> None:
    raw = response.http_response
    plain, asynchronous = raw.close, raw.aclose

    def close() -> None:
        try:
            plain()
        finally:
            finish()

    async def aclose() -> None:
        try:
            await asynchronous()
        finally:
            finish()

    raw.close, raw.aclose = close, aclose


def _is_read(http_response: Any) -> bool:
    return hasattr(http_response, "_content")


_TAKING: Final = guard.Shield("taking an SDK's answer")
