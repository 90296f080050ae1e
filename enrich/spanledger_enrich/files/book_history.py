"""The history of contract books and commitments: what was said of them, and taken back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanledger_sql.store import Store

Done = Literal["imported", "changed", "removed"]


def remember(store: Store, kind: str, name: str, done: Done, source: str, said: Mapping[str, Any]) -> None:
    """Note that a book or commitment was imported, changed or removed, with all that it says."""
    text = json.dumps(said, default=_plainly, sort_keys=True)
    store.insert("book_history", [{"kind": kind, "name": name, "done": done, "source": source, "said": text}])


def _plainly(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
