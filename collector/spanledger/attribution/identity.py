"""What may name a tenant, a user, a session: a text that a report can print and a person can tell from another."""

from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import Final
from uuid import UUID

from spanledger import attributes, guard
from spanledger.attribution.baggage import LONGEST_ID


@lru_cache(maxsize=4096)
def is_name(value: str) -> bool:
    """Whether a text is fit as it is; nearly all are."""
    return (
        value[:1] not in _SUSPECT
        and value.isprintable()
        and len(value) <= LONGEST_ID
        and value[-1] != " "
        and (len(value) != _LENGTH_OF_TOTAL or value.lower() not in _RESERVED)
    )


def as_name(attribute: str, value: object) -> str:
    """The name that a value is, cleaned of blanks around it and of characters that cannot be seen; "" where it is none.

    That it was cleaned or refused is told, once for each attribute and kind of fault.
    """
    import unicodedata  # noqa: PLC0415 (only for what is no name as it is)

    if isinstance(value, Enum):
        value = value.value
    if not isinstance(value, str | int | float | UUID):
        advice = "pass its id or name" if value is not None else "pass a name"
        return _refused(attribute, f"a {type(value).__qualname__} is no name; {advice}")
    if isinstance(value, float) and not isfinite(value):
        return _refused(attribute, f"it is {value}")
    text = str.__str__(value) if isinstance(value, str) else str(value)
    cleaned = "".join(c for c in text if unicodedata.category(c) not in _UNSEEN).strip()
    if not cleaned:
        return _refused(attribute, "it is blank") if text else ""
    if len(cleaned) > LONGEST_ID:
        return _refused(attribute, f"it has {len(cleaned)} characters; {LONGEST_ID} are the most")
    if attribute == attributes.TENANT_ID and cleaned.lower() in _RESERVED:
        return _refused(attribute, f"{cleaned!r} is what reports call something else")
    if cleaned != text:
        guard.note("attribution", f"{attribute} was cleaned of blanks or control characters", once_for=attribute)
    return cleaned


def _refused(attribute: str, reason: str) -> str:
    guard.note("attribution", f"{attribute} is left out: {reason}", once_for=f"{attribute} {reason}")
    return ""


_SUSPECT: Final = frozenset({"", " ", "("})
_LENGTH_OF_TOTAL: Final = len("total")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # control, formatting, surrogates, unassigned
_RESERVED: Final = frozenset({"(unattributed)", "total", "(total)", "(all others)", "(idle)"})
