"""The fields of an answer: reading one by its names, from an SDK's object or a plain dict, and noting what it says."""

from collections.abc import Iterable
from typing import Any, TypeAlias

from opentelemetry.util.types import AttributeValue

Attributes: TypeAlias = dict[str, AttributeValue]


def value_in(source: object, name: str) -> Any:
    """The value of a key or an attribute; `None` where there is none."""
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


def first_in(source: object, *names: str) -> Any:
    """The value of the first of these names that has one; `None` where none has."""
    for name in names:
        value = value_in(source, name)
        if value is not None:
            return value
    return None


def is_count(value: object) -> bool:
    """Whether it is a number of tokens."""
    return isinstance(value, int) and value is not True and value is not False and value >= 0


def count_of(value: object) -> int:
    """The number of tokens; 0 where it is none."""
    return value if is_count(value) else 0  # type: ignore[return-value]


def put_count(found: Attributes, name: str, value: object) -> None:
    """Notes a count, zero included."""
    if is_count(value):
        found[name] = value  # type: ignore[assignment]


def put_part(found: Attributes, name: str, value: object) -> None:
    """Notes a part of a total: absent and zero mean the same, so zero is left out."""
    if value and is_count(value):
        found[name] = value  # type: ignore[assignment]


def put_text(found: Attributes, name: str, value: object) -> None:
    """Notes a text that is not empty."""
    if isinstance(value, str) and value:
        found[name] = value


def put_texts(found: Attributes, name: str, values: Iterable[Any]) -> None:
    """Notes those of the values that are texts, and not empty, where there are any."""
    texts = [value for value in values if isinstance(value, str) and value]
    if texts:
        found[name] = texts
