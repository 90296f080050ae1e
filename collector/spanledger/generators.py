"""Wrapping generator functions so that their body runs in a context of its own, step by step.

A generator's body shares the context variables of whoever pulls it. What it attaches would leak to the consumer
between two items, and what the consumer attaches would leak into the body: so each step runs in the context that the
body left behind at its last `yield`.
"""

import functools
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol

from opentelemetry.context import Context, attach, detach, get_current


class Session(Protocol):
    """What watches one run of a generator."""

    context: Context
    """The context that the body starts in."""

    def item(self, item: object) -> None:
        """Sees an item before the consumer does."""

    def done(self, error: BaseException | None) -> None:
        """Learns how the run ended: `None` at its end, `GeneratorExit` when it was abandoned."""


def wrap_generator(
    function: Callable[..., Generator[Any, Any, Any]], begin: Callable[[tuple[Any, ...], dict[str, Any]], Session]
) -> Callable[..., Generator[Any, Any, Any]]:
    """The same generator function, each run watched by the session that `begin(args, kwargs)` makes at its start."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        session = begin(args, kwargs)
        context = session.context
        generator = function(*args, **kwargs)
        step: Callable[[Any], Any] = generator.send
        sent: Any = None
        try:
            while True:
                token = attach(context)
                try:
                    item = step(sent)
                except StopIteration as stop:
                    session.done(None)
                    return stop.value
                finally:
                    context = get_current()
                    detach(token)
                session.item(item)
                try:
                    step, sent = generator.send, (yield item)
                except GeneratorExit:
                    token = attach(context)
                    try:
                        generator.close()
                    finally:
                        detach(token)
                    raise
                except BaseException as thrown:  # noqa: BLE001 (the body decides what becomes of it)
                    step, sent = generator.throw, thrown
        except BaseException as error:
            session.done(error)
            raise

    return wrapper


def wrap_async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], begin: Callable[[tuple[Any, ...], dict[str, Any]], Session]
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """The same asynchronous generator function, watched as `wrap_generator` watches."""

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        session = begin(args, kwargs)
        context = session.context
        generator = function(*args, **kwargs)
        step: Callable[[Any], Any] = generator.asend
        sent: Any = None
        try:
            while True:
                token = attach(context)
                try:
                    item = await step(sent)
                except StopAsyncIteration:
                    session.done(None)
                    return
                finally:
                    context = get_current()
                    detach(token)
                session.item(item)
                try:
                    step, sent = generator.asend, (yield item)
                except GeneratorExit:
                    token = attach(context)
                    try:
                        await generator.aclose()
                    finally:
                        detach(token)
                    raise
                except BaseException as thrown:  # noqa: BLE001 (the body decides what becomes of it)
                    step, sent = generator.athrow, thrown
        except BaseException as error:
            session.done(error)
            raise

    return wrapper
