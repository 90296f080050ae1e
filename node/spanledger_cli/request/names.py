"""Names that a user gives of what calls have: one that no call has is refused with the nearest that some have."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Literal

from spanledger_cli.output.partial import unbooked
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanledger_sql.store import Store

Kind = Literal["tenant", "model", "provider", "feature", "cost_center", "dimension"]
_NAMED = 5


class UnknownNameError(AskedWronglyError):
    """A tenant, model, provider, feature, cost centre or dimension that no call has."""


def names_of(store: Store, kind: Kind) -> list[str]:
    """The names of that kind that calls in the ledger have."""
    return [row["name"] for row in store.rows(statement("reports/filters/names"), kind=kind)]


def refuse_unknown(store: Store, kind: Kind, given: Iterable[str], option: str, also: Iterable[str] = ()) -> None:
    """Complain of a name that no call has; of an empty ledger nothing is known, so that nothing is refused.

    Args:
        store: The database.
        kind: What the names are of.
        given: The names.
        option: How the user gave them.
        also: Names that mean something all the same.

    Raises:
        UnknownNameError: The first of them, with the nearest that there are.
    """
    asked = list(given)
    if not asked:
        return
    known = list(dict.fromkeys([*also, *names_of(store, kind)]))
    for name in asked:
        if name not in known and (known or kind == "dimension"):
            waits = unbooked(store)
            told = f"{option} {name!r}: {_told(kind, name, known)}"
            raise UnknownNameError(f"{told}; {waits}" if waits else told)


def _told(kind: Kind, name: str, known: list[str]) -> str:
    what = kind.replace("_", " ")
    spelled = {one.lower(): one for one in known}
    near = [spelled[one] for one in difflib.get_close_matches(name.lower(), spelled, 3, 0.6)]
    if near:
        return f"no call has that {what}; meant {' or '.join(near)}?"
    some = ", ".join(known[:_NAMED]) + (f" and {len(known) - _NAMED:,} more" if len(known) > _NAMED else "")
    return f"no call has that {what}; there are {some}" if known else f"no call has that {what}, or any of one's own"
