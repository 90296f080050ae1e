"""Reading a value out of the arguments of a call, by the name of a parameter or a dotted path below it."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from spanledger import guard

ArgumentReader: TypeAlias = Callable[[tuple[Any, ...], dict[str, Any]], Any]


def path_reader(function: Callable[..., Any], path: str) -> ArgumentReader | None:
    """A reader of `path`, such as "request.account.id", from the arguments of `function`.

    The first part is a parameter, each further part a key where the value is a mapping, else an attribute.

    Returns:
        `None` where the first part names no parameter of the function: then `path` is no path.

    The reader raises `LookupError` or `AttributeError` where the path does not resolve.
    """
    first, *rest = path.split(".")
    root = parameter_reader(function, first)
    if root is None or not rest:
        return root

    def read(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        value = root(args, kwargs)
        for part in rest:
            value = value[part] if isinstance(value, Mapping) else getattr(value, part)
        return value

    return read


def parameter_reader(function: Callable[..., Any], name: str) -> ArgumentReader | None:
    """A reader of the parameter `name` of `function`, or of a keyword that its `**kwargs` takes in.

    Returns:
        `None` where the function can take no argument of that name.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
    if name not in parameters:
        return None
    parameter = parameters[name]
    position = list(parameters).index(name)
    default = None if parameter.default is parameter.empty else parameter.default
    if parameter.kind is parameter.VAR_KEYWORD:
        return lambda args, kwargs: kwargs  # noqa: ARG005
    if parameter.kind is parameter.VAR_POSITIONAL:
        return lambda args, kwargs: args[position:]  # noqa: ARG005
    if parameter.kind is parameter.KEYWORD_ONLY:
        return lambda args, kwargs: kwargs.get(name, default)  # noqa: ARG005

    def read(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return args[position] if position < len(args) else kwargs.get(name, default)

    return read


def unread_path(function: Callable[..., Any], path: str, *, names_who: bool = False) -> str:
    """What to say of a text that was meant as a path, and names no parameter of the function; "" for a literal.

    Args:
        function: The function.
        path: The text.
        names_who: Whether it stands for somebody: nobody is called `account_id`, `$customer` or `request["user"]`.
    """
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ""
    root, dot, _ = path.partition(".")
    if names_who and not dot and path.isidentifier() and path.endswith("_id"):
        return f"is left out: the function has no parameter {path!r}, only {', '.join(parameters) or 'none'}"
    if names_who and (odd := _OTHERWISE.fullmatch(path)) is not None and odd[1] in parameters:
        return f"is left out: it is no path; write {odd[1] + '.id'!r}, or a function of the arguments"
    if not dot or not all(part.isidentifier() for part in path.split(".")):
        return ""
    from difflib import get_close_matches  # noqa: PLC0415 (only for what is wrong)

    close = get_close_matches(root, parameters, n=1, cutoff=0.6)
    if not close and not path.endswith(_LAST_PARTS):
        return ""  # such as "acme.com"
    meant = f"; did you mean {path.replace(root, close[0], 1)!r}?" if close else ""
    return f"is left out: the function has no parameter {root!r}, only {', '.join(parameters) or 'none'}{meant}"


def is_function(site: str, wrapped: object) -> bool:
    """Whether a decorator can wrap it: a function, or what is called like one. What it cannot is told."""
    if callable(wrapped) and not inspect.isclass(wrapped):
        return True
    kind = "a class" if inspect.isclass(wrapped) else f"a {type(wrapped).__name__}"
    name = getattr(wrapped, "__qualname__", repr(wrapped)[:80])
    guard.note(site, f"{kind} cannot be decorated, {name} stays as it is; decorate its functions", once_for=name)
    return False


def takes_any_keyword(function: Callable[..., Any]) -> bool:
    """Whether the function has a `**kwargs` parameter."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


_LAST_PARTS: Final = (
    ".id", "_id", ".name", "_name", ".key", ".slug", ".uuid", ".email", "_email", ".tenant", ".customer", ".account",
)  # fmt: skip
_OTHERWISE: Final = re.compile(
    r"(?:\$|\$?\{+)?([A-Za-z_]\w*)(?:[.\[].+?)?\}*"
)  # as shells, templates, subscripts write
