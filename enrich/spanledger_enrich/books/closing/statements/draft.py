"""The statement that a tenant would get if an open month were closed now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_enrich.books.closing import chain as chains
from spanledger_enrich.books.closing.chain import ClosingError
from spanledger_enrich.books.closing.standing import standing
from spanledger_enrich.books.closing.statements import statement as statements
from spanledger_enrich.books.closing.statements.issued import Issued

if TYPE_CHECKING:
    from spanledger_sql.store import Store


def draft_of(store: Store, month: str, tenant: str) -> Issued:
    """A tenant's statement of a month that is not closed, as it stands in the books.

    Raises:
        ClosingError: The month is closed, or the books have nothing of it for the tenant.
    """
    chain = chains.events(store)
    now = standing(chain)
    if now.sealed and month <= now.sealed:
        raise ClosingError(f"{month} is closed; leave out --draft")
    prepared = now.soft[month].who if month in now.soft else ""
    drafts = statements.drafts(store, statements.Closing(month, prepared_by=prepared), len(chain))
    for party, one in statements.parties(store).items():
        if one["tenant_id"] == tenant and party in drafts:
            return Issued(drafts[party], tenant)
    raise ClosingError(f"the books have nothing of {month} for {tenant!r}; 'spanledger close post {month}' posts it")
