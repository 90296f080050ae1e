"""Stand-ins for the stream a provider's SDK returns: they look like it, and tell a session what comes out of it."""

import inspect
from collections.abc import Callable
from typing import Any, Self

from spanledger.generators import Session


class _Watched:
    """Everything but iterating and closing goes to the stream itself.

    The session is done when the stream is exhausted, fails, is closed or is garbage collected.
    """

    __slots__ = ("__weakref__", "_spanledger_iterator", "_spanledger_session", "_spanledger_stream")

    def __init__(self, stream: Any, session: Session) -> None:
        self._spanledger_stream = stream
        self._spanledger_session = session
        self._spanledger_iterator: Any = None

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._spanledger_stream, name)
        if name not in {"close", "aclose"}:
            return found
        watch = async_closing if inspect.iscoroutinefunction(found) else closing
        return watch(found, self._spanledger_session)

    def __repr__(self) -> str:
        return repr(self._spanledger_stream)

    def __del__(self) -> None:
        self._spanledger_session.done(GeneratorExit())

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The stream's own class, so that `isinstance` answers as it did."""
        return type(self._spanledger_stream)


class WatchedStream(_Watched):
    """Stands in for an iterator."""

    __slots__ = ()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        if self._spanledger_iterator is None:
            stream = self._spanledger_stream
            self._spanledger_iterator = stream if hasattr(stream, "__next__") else iter(stream)
        try:
            item = next(self._spanledger_iterator)
        except StopIteration:
            self._spanledger_session.done(None)
            raise
        except BaseException as error:
            self._spanledger_session.done(error)
            raise
        self._spanledger_session.item(item)
        return item

    def __enter__(self) -> Any:
        self._spanledger_stream.__enter__()
        return self

    def __exit__(self, *details: Any) -> Any:
        try:
            return self._spanledger_stream.__exit__(*details)
        finally:
            self._spanledger_session.done(GeneratorExit())


class WatchedAsyncStream(_Watched):
    """Stands in for an asynchronous iterator."""

    __slots__ = ()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        if self._spanledger_iterator is None:
            self._spanledger_iterator = aiter(self._spanledger_stream)
        try:
            item = await anext(self._spanledger_iterator)
        except StopAsyncIteration:
            self._spanledger_session.done(None)
            raise
        except BaseException as error:
            self._spanledger_session.done(error)
            raise
        self._spanledger_session.item(item)
        return item

    async def __aenter__(self) -> Any:
        await self._spanledger_stream.__aenter__()
        return self

    async def __aexit__(self, *details: Any) -> Any:
        try:
            return await self._spanledger_stream.__aexit__(*details)
        finally:
            self._spanledger_session.done(GeneratorExit())


class WatchedEitherStream(WatchedStream, WatchedAsyncStream):
    """Stands in for a stream that can be iterated both ways, such as LiteLLM's."""

    __slots__ = ()


def watch_in_place(stream: Any, session: Session) -> Any:
    """The stream itself, its iterator watched; where it has none that can be replaced, a stand-in."""
    try:
        stream._iterator = WatchedStream(stream._iterator, session)
    except AttributeError:
        return WatchedStream(stream, session)
    stream.close = closing(stream.close, session)
    return stream


def watch_async_in_place(stream: Any, session: Session) -> Any:
    """As `watch_in_place`, for an asynchronous stream."""
    try:
        stream._iterator = WatchedAsyncStream(stream._iterator, session)
    except AttributeError:
        return WatchedAsyncStream(stream, session)
    stream.close = async_closing(stream.close, session)
    return stream


def closing(close: Callable[..., Any], session: Session) -> Callable[..., Any]:
    """The same function, which ends the session too."""

    def closing_(*args: Any, **kwargs: Any) -> Any:
        try:
            return close(*args, **kwargs)
        finally:
            session.done(GeneratorExit())

    return closing_


def async_closing(close: Callable[..., Any], session: Session) -> Callable[..., Any]:
    """The same coroutine function, which ends the session too."""

    async def closing_(*args: Any, **kwargs: Any) -> Any:
        try:
            return await close(*args, **kwargs)
        finally:
            session.done(GeneratorExit())

    return closing_
