"""Statements as invoices of this organisation to its tenants: what they are called, and when they were issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.standing import Standing, standing
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from datetime import datetime

    from spanledger_sql.store import Store


@dataclass(frozen=True, slots=True)
class Invoices:
    """What the chain says of the months' invoices."""

    standing: Standing

    @classmethod
    def of(cls, store: Store) -> Invoices:
        """Read the chain."""
        return cls(standing(chains.events(store)))

    def named(self, month: str) -> str:
        """What follows the tenant in the name of a month's invoice: `2024-10`; closed again, `2024-10/2`."""
        closes = len(self.standing.hard.get(month, ()))
        revision = closes if self.issued_at(month) is not None else closes + 1
        return month if revision == 1 else f"{month}/{revision}"

    def issued_at(self, month: str) -> datetime | None:
        """When a month's statements were issued; None: it is open."""
        return self.standing.hard[month][-1].at if self.standing.sealed and self._is_sealed(month) else None

    def issued_to(self, store: Store, month: str) -> frozenset[str] | None:
        """Whose statements of a month were issued, by the names that they have now; None: it is open."""
        if self.issued_at(month) is None:
            return None
        rows = store.rows(statement("closing/statements/issued_to"), first=month, last=month)
        return frozenset(row["tenant_id"] for row in rows)

    def _is_sealed(self, month: str) -> bool:
        return month <= self.standing.sealed and month in self.standing.hard
