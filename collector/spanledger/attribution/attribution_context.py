"""Who makes the calls below: carried in the OpenTelemetry context, stamped on every span started there."""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeAlias, TypeVar, cast
from uuid import UUID

from opentelemetry.context import Context, attach, detach, get_current, set_value
from opentelemetry.util.types import AttributeValue

from spanledger import attributes, guard
from spanledger.attribution.arguments import ArgumentReader, is_function, path_reader, unread_path
from spanledger.attribution.baggage import carried
from spanledger.attribution.identity import as_name, is_name
from spanledger.attribution.keyword import tell_typos
from spanledger.attribution.room import MOST_DIMENSIONS, with_room
from spanledger.generators import Session, wrap_async_generator, wrap_generator
from spanledger.tracing import DISABLED

P = ParamSpec("P")
R = TypeVar("R")

AttributionValue: TypeAlias = str | int | float | bool | UUID | Callable[..., object] | None
"""A literal; as a decorator also a path into the arguments, or a function of them. `None` leaves it unsaid."""


def attribution(
    function: Callable[..., Any] | None = None,
    /,
    *,
    tenant: AttributionValue = None,
    user: AttributionValue = None,
    session: AttributionValue = None,
    feature: AttributionValue = None,
    workflow: AttributionValue = None,
    run_id: AttributionValue = None,
    cost_center: AttributionValue = None,
    environment: AttributionValue = None,
    **dimensions: AttributionValue,
) -> "AttributionScope":
    """Says who makes the calls below it, and for what.

    Use it as a context manager (`with` or `async with`) or as a decorator of a function, coroutine function,
    generator or asynchronous generator. Scopes nest: what the inner one says wins, what it leaves unsaid stays. asyncio
    tasks inherit it; a new thread does not, unless its context is copied.

    As a decorator, a string whose first dotted part names a parameter is a path into the arguments
    (`tenant="request.account.id"`, through mappings and attributes), and a callable is called with the arguments. Any
    other string is a literal. A value that cannot be had is logged once, counted, and left out.

    Identities are names of up to 256 characters: of other values, of blanks and of what reports call otherwise
    ("total", "(unattributed)") the call stays unattributed, which is told.

    Args:
        function: Nothing: without keywords there is nothing to say.
        tenant: Whom the call is charged to: `tenant.id`.
        user: Who made it: `user.id`.
        session: The conversation or session: `session.id`.
        feature: The product feature: `spanledger.feature`.
        workflow: The workflow, agent or pipeline: `spanledger.workflow`.
        run_id: One run of that workflow: `spanledger.run_id`.
        cost_center: The cost centre in the books: `spanledger.cost_center`.
        environment: Such as "production": `deployment.environment.name`.
        **dimensions: Any other dimension to report by: `spanledger.dimension.<name>`.
    """
    if function is not None:
        guard.note(
            "attribution", "it says nothing of whose the calls are: write @attribution(tenant=...), with keywords"
        )
        # What is no function would be called or entered by the app, which must not fail for it.
        return cast("AttributionScope", function) if callable(function) else AttributionScope({})
    if dimensions:
        tell_typos("attribution", dimensions, _NAMES)
    said: dict[str, AttributionValue] = {
        "tenant": tenant,
        "user": user,
        "session": session,
        "feature": feature,
        "workflow": workflow,
        "run_id": run_id,
        "cost_center": cost_center,
        "environment": environment,
    }
    return AttributionScope(said | dimensions if dimensions else said)


class Attribution:
    """An attribution as the context carries it: the attributes to stamp, outer scopes included."""

    __slots__ = ("attributes",)

    def __init__(self, attributes: dict[str, AttributeValue]) -> None:
        self.attributes = attributes


def attribution_in(context: Context | None) -> Attribution | None:
    """The attribution that holds in this context, by default the current one."""
    found: Any = (get_current() if context is None else context).get(_KEY)
    return found  # type: ignore[no-any-return]


def attributes_from(said: Mapping[str, AttributionValue]) -> dict[str, AttributeValue]:
    """The span attributes that attribution keywords stand for, with literal values only."""
    found: dict[str, AttributeValue] = {}
    for keyword, value in said.items():
        if type(value) is str and is_name(value):
            found[_attribute_name(keyword)] = value
        elif callable(value):
            guard.note(f"attribution({keyword}=...)", "a callable needs a decorated function's arguments; left out")
        else:
            with _TAKING:
                _put(found, _attribute_name(keyword), value)
    return with_room(found) if len(found) > MOST_DIMENSIONS else found


class AttributionScope:
    """What `attribution` returns. It holds no state of a run: one scope may be entered again, and concurrently."""

    __slots__ = ("_open", "_said")

    def __init__(self, said: Mapping[str, AttributionValue]) -> None:
        self._said = {keyword: value for keyword, value in said.items() if value is not None}
        self._open: dict[Attribution, Any] = {}  # what was entered and not left, with its token

    def __enter__(self) -> "AttributionScope":
        with _ENTERING:
            outer = attribution_in(None)
            inner = attributes_from(self._said)
            entry = Attribution(inner if outer is None else outer.attributes | inner)
            self._open[entry] = attach(_with(entry, get_current()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with _LEAVING:
            entry = attribution_in(None)
            token = None if entry is None else self._open.pop(entry, None)
            if token is None:
                guard.note("leaving an attribution", "left in another context than it was entered in; not undone there")
            else:
                detach(token)

    async def __aenter__(self) -> "AttributionScope":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorates a function of any kind; its signature, type and kind stay as they were."""
        if DISABLED:
            return function
        wrapped: Any = function
        if isinstance(wrapped, classmethod | staticmethod):
            return cast("Callable[P, R]", type(wrapped)(self(wrapped.__func__)))
        if not is_function("attribution", wrapped):
            return function
        return _decorate(function, BoundAttribution(function, self._said))


class BoundAttribution:
    """Attribution keywords bound to a function, so that each call costs only what depends on its arguments."""

    __slots__ = ("_alone", "_literals", "_readers", "_site")

    def __init__(self, function: Callable[..., Any], said: Mapping[str, AttributionValue]) -> None:
        self._site = f"attribution of {getattr(function, '__qualname__', repr(function))}"
        self._literals: dict[str, AttributeValue] = {}
        self._readers: list[tuple[str, str, ArgumentReader]] = []
        for keyword, value in said.items():
            name = _attribute_name(keyword)
            if callable(value):
                self._readers.append((keyword, name, _caller(value)))
            elif isinstance(value, str) and (reader := path_reader(function, value)) is not None:
                self._readers.append((keyword, name, reader))
            elif isinstance(value, str) and (advice := unread_path(function, value, names_who=keyword in _IDENTITIES)):
                guard.note(self._site, f"{keyword}={value!r} {advice}", once_for=f"{keyword}={value}")
            else:
                with _TAKING:
                    _put(self._literals, name, value)
        self._alone = Attribution(self._literals)

    def __bool__(self) -> bool:
        return bool(self._literals or self._readers)

    def context_for(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Context:
        """The current context with this attribution in it, for a call with these arguments."""
        context = get_current()
        outer: Any = context.get(_KEY)
        if self._readers:
            found = dict(self._literals) if outer is None else outer.attributes | self._literals
            for keyword, name, read in self._readers:
                try:
                    _put(found, name, read(args, kwargs))
                except Exception as error:  # noqa: BLE001 (the app's callables may raise anything)
                    guard.note(f"{self._site}, {keyword}", error)
            entry = Attribution(found)
        else:
            entry = self._alone if outer is None else Attribution(outer.attributes | self._literals)
        return _with(entry, context)


class _Run:
    """One run of an attributed generator: a context, and nothing to watch."""

    __slots__ = ("context",)

    def __init__(self, context: Context) -> None:
        self.context = context

    def item(self, item: object) -> None:
        pass

    def done(self, error: BaseException | None) -> None:
        pass


def _decorate(function: Callable[P, R], bound: BoundAttribution) -> Callable[P, R]:
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Session:
            return _Run(bound.context_for(args, kwargs))

        wrap: Any = wrap_async_generator if inspect.isasyncgenfunction(function) else wrap_generator
        return cast("Callable[P, R]", wrap(function, begin))

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def async_wrapper(*args: P.args, **kwargs: P.kwargs) -> Any:
            token = attach(bound.context_for(args, kwargs))
            try:
                return await function(*args, **kwargs)
            finally:
                detach(token)

        return cast("Callable[P, R]", async_wrapper)

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        token = attach(bound.context_for(args, kwargs))
        try:
            return function(*args, **kwargs)
        finally:
            detach(token)

    return wrapper


def carry_as_baggage(names: Collection[str]) -> None:
    """From now on, lets these attributes of an attribution leave the process as W3C baggage."""
    global _carried  # noqa: PLW0603 (configuration)
    _carried = frozenset(names)


def _with(entry: Attribution, context: Context) -> Context:
    if _carried:
        context = carried(entry.attributes, _carried, context)
    return set_value(_KEY, entry, context)


def _attribute_name(keyword: str) -> str:
    return _NAMES.get(keyword) or attributes.DIMENSION_PREFIX + keyword


def _put(found: dict[str, AttributeValue], name: str, value: object) -> None:
    """Adds a value under its attribute's name: identities as names, dimensions as the scalars they are."""
    if value is None:
        return
    as_it_is = (type(value) is str and is_name(value)) or (
        name.startswith(attributes.DIMENSION_PREFIX) and isinstance(value, _NUMBERS) and -_BEYOND < value < _BEYOND
    )
    named = value if as_it_is else as_name(name, value)
    if as_it_is or named:
        found[name] = cast("AttributeValue", named)


def _caller(function: Callable[..., object]) -> ArgumentReader:
    return lambda args, kwargs: function(*args, **kwargs)


_carried: frozenset[str] = frozenset()
_KEY: Final = "spanledger-attribution"
_NAMES: Final = {
    "tenant": attributes.TENANT_ID,
    "user": attributes.USER_ID,
    "session": attributes.SESSION_ID,
    "feature": attributes.FEATURE,
    "workflow": attributes.WORKFLOW,
    "run_id": attributes.RUN_ID,
    "cost_center": attributes.COST_CENTER,
    "environment": attributes.ENVIRONMENT,
}
KEYWORDS: Final = tuple(_NAMES)
"""The keywords of `attribution` that are no dimension."""
_NUMBERS: Final = (bool, int, float)
_BEYOND: Final = 2**63  # what no attribute has room for
_IDENTITIES: Final = frozenset({"tenant", "user", "session", "run_id"})
_TAKING: Final = guard.Shield("reading a literal of an attribution")
_ENTERING: Final = guard.Shield("entering an attribution")
_LEAVING: Final = guard.Shield("leaving an attribution")
