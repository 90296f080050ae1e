"""The fields of an answer: reading one by its names, from an SDK's object or a plain dict, and noting what it says."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from opentelemetry.util.types import AttributeValue

from spanledger import attributes

Attributes: TypeAlias = dict[str, AttributeValue]


class CountNames(NamedTuple):
    """What the fields of a usage count, by their names.

    Attributes:
        counts: The key of each count.
        details: The names within each field that has fields itself.
    """

    counts: Mapping[str, str]
    details: "Mapping[str, CountNames]" = {}  # noqa: RUF012 (never changed)


def value_in(source: object, name: str) -> Any:
    """The value of a key or an attribute; `None` where there is none."""
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


def fields_of(source: Any) -> Any:
    """The fields of a pydantic model as a dict, as to ask it for one that it has not takes long; else what it is."""
    kind: Any = type(source)
    if kind is dict or not is_model(kind):
        return source
    more = source.__pydantic_extra__
    return {**source.__dict__, **more} if more else source.__dict__


def getter(source: Any) -> Callable[[str], Any]:
    """What gives the value of a field by its name, as `value_in` does, of what many fields are read of."""
    fields = source if type(source) is dict else fields_of(source)
    return fields.get if isinstance(fields, dict) else lambda name: getattr(fields, name, None)


@lru_cache(maxsize=1024)
def is_model(kind: type) -> bool:
    """Whether it is a class of pydantic's: those of the SDKs' answers are."""
    return hasattr(kind, "__pydantic_fields__")


def first_in(source: object, *names: str) -> Any:
    """The value of the first of these names that has one; `None` where none has."""
    for name in names:
        value = value_in(source, name)
        if value is not None:
            return value
    return None


def items_in(source: object, name: str) -> list[Any]:
    """The items of a list; none where there is no list."""
    value = value_in(source, name)
    return value if type(value) is list else list(value) if isinstance(value, tuple | list) else []


def count_of(value: object) -> int | None:
    """A number of tokens, or of whatever else is counted; `None` where it is no such number."""
    if type(value) is int:
        return value if 0 <= value < _TOO_MANY else None
    if isinstance(value, float) and value.is_integer() and 0 <= value < _TOO_MANY:
        return int(value)
    return None


def count_in(source: object, *names: str) -> int | None:
    """The count under the first of these names that has one above zero; zero where one says so, else `None`."""
    found = None
    for name in names:
        count = count_of(value_in(source, name))
        if count:
            return count
        if count is not None:
            found = count
    return found


def tell_all(told: dict[str, int], source: Any, names: CountNames) -> bool:
    """Notes the counts of a usage, each by its key; of several of one key the largest.

    It goes through the fields, and not through the names: an answer tells few of them.

    Returns:
        Whether there may be fields of other names.
    """
    counts, details = names
    more = False
    for name, value in source.items() if type(source) is dict else _named(source, names):
        if value is None:
            continue
        if name in counts:
            count = value if type(value) is int and 0 <= value < _TOO_MANY else count_of(value)
            key = counts[name]
            if count is not None and (key not in told or count > told[key]):
                told[key] = count
        elif name in details:
            tell_all(told, value, details[name])
        else:
            more = True
    return more


def _named(source: Any, names: CountNames) -> Iterable[tuple[str, Any]]:
    """The fields of a usage that is no plain dict; of what is no model, what is asked for, and a sign of more."""
    fields = fields_of(source)
    if isinstance(fields, dict):
        return fields.items()
    if fields is None:
        return ()
    return [("", ""), *((name, getattr(fields, name, None)) for name in (*names.counts, *names.details))]


def tell(told: dict[str, int], key: str, source: object, *names: str) -> None:
    """Notes a count, zero included, where there is one."""
    count = count_in(source, *names)
    if count is not None:
        told[key] = count


def tell_part(told: dict[str, int], key: str, source: object, *names: str) -> None:
    """Notes a part of a count: absent and zero mean the same, so zero is left out."""
    count = count_in(source, *names)
    if count:
        told[key] = count


def put_text(found: Attributes, name: str, value: object) -> None:
    """Notes a text that is not empty."""
    if isinstance(value, str) and value:
        found[name] = value


def put_texts(found: Attributes, name: str, values: Iterable[Any]) -> None:
    """Notes those of the values that are texts, and not empty, where there are any."""
    texts: list[str] = []
    for value in values:
        if value and isinstance(value, str):
            texts.append(value)  # noqa: PERF401 (a comprehension is a call of its own)
    if texts:
        found[name] = texts


def put_id(found: Attributes, value: object) -> None:
    """Notes the answer's id, unless it stands for none."""
    if isinstance(value, str) and value and (len(value) > _LONGEST_NO_ID or value.lower() not in _NO_ID):
        found[attributes.RESPONSE_ID] = value


def put_cost(found: Attributes, value: object) -> None:
    """Notes what the provider itself says that the call cost, in USD."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        found[attributes.USAGE_REPORTED_COST] = float(value)


def put_unpriced(found: Attributes, quantities: dict[str, int]) -> None:
    """Notes what is charged beside tokens, and is no class of its own: a unit and how many of it."""
    said = [f"{quantity} {unit}" for unit, quantity in quantities.items() if quantity]
    if said:
        found[attributes.USAGE_OTHER_UNITS] = [*found.get(attributes.USAGE_OTHER_UNITS, ()), *said]  # type: ignore[misc]


def put_units(found: Attributes, unit: str, quantity: object) -> None:
    """Notes that the answer is charged by a unit in place of tokens, and how many of it."""
    if isinstance(quantity, int | float) and 0 <= quantity < float("inf"):
        found[attributes.OPERATION_NAME] = attributes.OPERATION_VENDOR_USAGE
        found[attributes.VENDOR_UNIT] = unit
        found[attributes.VENDOR_QUANTITY] = float(quantity)


def enum_text(value: object) -> str:
    """The text of what is a text, or an enumeration's member, in an SDK."""
    return str(getattr(value, "value", value))


_TOO_MANY: Final = 2**63  # which a span's attribute cannot hold
_LONGEST_NO_ID: Final = 9
_NO_ID: Final = frozenset({"null", "none", "undefined", "0", "nan", "n/a", "-"})
