"""Stand-ins for what `client.messages.stream()` and its like return: nothing is asked until the app enters them."""

from typing import Any

from opentelemetry.context import attach, detach

from spanledger.calls.stream import watch_async_in_place, watch_in_place
from spanledger.generators import Session


class _Watched:
    """Everything but entering and leaving goes to the manager itself.

    The call within is made when the manager is entered, in the session's context; its session is done with the stream.
    """

    __slots__ = ("__weakref__", "_spanledger_manager", "_spanledger_session")

    def __init__(self, manager: Any, session: Session) -> None:
        self._spanledger_manager = manager
        self._spanledger_session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spanledger_manager, name)

    def __repr__(self) -> str:
        return repr(self._spanledger_manager)

    def __del__(self) -> None:
        self._spanledger_session.done(GeneratorExit())

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """The manager's own class, so that `isinstance` answers as it did."""
        return type(self._spanledger_manager)


class WatchedManager(_Watched):
    """Stands in for a context manager that gives a stream."""

    __slots__ = ()

    def __enter__(self) -> Any:
        session = self._spanledger_session
        token = attach(session.context)
        try:
            stream = self._spanledger_manager.__enter__()
        except BaseException as error:
            session.done(error)
            raise
        finally:
            detach(token)
        return watch_in_place(stream, session)

    def __exit__(self, *details: Any) -> Any:
        try:
            return self._spanledger_manager.__exit__(*details)
        finally:
            self._spanledger_session.done(details[1] or GeneratorExit())


class WatchedAsyncManager(_Watched):
    """Stands in for an asynchronous context manager that gives a stream."""

    __slots__ = ()

    async def __aenter__(self) -> Any:
        session = self._spanledger_session
        token = attach(session.context)
        try:
            stream = await self._spanledger_manager.__aenter__()
        except BaseException as error:
            session.done(error)
            raise
        finally:
            detach(token)
        return watch_async_in_place(stream, session)

    async def __aexit__(self, *details: Any) -> Any:
        try:
            return await self._spanledger_manager.__aexit__(*details)
        finally:
            self._spanledger_session.done(details[1] or GeneratorExit())


class WatchedGeneratorManager(_Watched):
    """Stands in for what a function under `contextlib.contextmanager` returns: it gives a stream or an answer."""

    __slots__ = ()

    def __enter__(self) -> Any:
        session: Any = self._spanledger_session
        token = attach(session.context)
        try:
            given = self._spanledger_manager.__enter__()
        except BaseException as error:
            session.done(error)
            raise
        finally:
            detach(token)
        return session.answer(given)

    def __exit__(self, *details: Any) -> Any:
        try:
            return self._spanledger_manager.__exit__(*details)
        finally:
            self._spanledger_session.done(details[1] or GeneratorExit())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Used as a decorator, as the manager may be."""
        return self._spanledger_manager(*args, **kwargs)


class WatchedAsyncGeneratorManager(_Watched):
    """Stands in for what a function under `contextlib.asynccontextmanager` returns."""

    __slots__ = ()

    async def __aenter__(self) -> Any:
        session: Any = self._spanledger_session
        token = attach(session.context)
        try:
            given = await self._spanledger_manager.__aenter__()
        except BaseException as error:
            session.done(error)
            raise
        finally:
            detach(token)
        return session.answer(given)

    async def __aexit__(self, *details: Any) -> Any:
        try:
            return await self._spanledger_manager.__aexit__(*details)
        finally:
            self._spanledger_session.done(details[1] or GeneratorExit())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Used as a decorator, as the manager may be."""
        return self._spanledger_manager(*args, **kwargs)
