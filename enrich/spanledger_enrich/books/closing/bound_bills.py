"""Bills in the chain: each posting names those that came since with their lines' digest, which holds from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spanledger_enrich.books.closing.chain import Event
    from spanledger_sql.store import Store


def unbound(store: Store, chain: Sequence[Event]) -> dict[str, str]:
    """The bills in force that no event names as they were imported last, with the digest of their lines then."""
    named = _named(chain)
    return {
        row["bill_id"]: row["digest"]
        for row in store.rows(statement("lookups/bills/imported"))
        # A file that was taken back may come again, and a later version may read more out of it.
        if not row["deleted"] and (row["bill_id"] not in named or named[row["bill_id"]][0].at < row["imported_at"])
    }


def faults(store: Store, chain: Sequence[Event]) -> Iterator[str]:
    """Bills whose lines are not those that were imported, or that a posting named."""
    lines = {row["bill_id"]: row["digest"] for row in store.rows(statement("lookups/bills/digests"), bills=[])}
    imported = {row["bill_id"]: row for row in store.rows(statement("lookups/bills/imported"))}
    changed = {bill for bill, row in imported.items() if lines.get(bill, "") != row["digest"]}
    for bill in changed:
        yield f"the bill {imported[bill]['source']} ({bill[:12]}): its lines are not those that were imported"
    for bill, (event, digest) in _named(chain).items():
        if bill not in changed and lines.get(bill, "") != digest:
            name = f"{imported[bill]['source']} ({bill[:12]})" if bill in imported else bill[:12]
            yield (
                f"the bill {name}: its lines are not those that event {event.number} ({event.action} {event.month}) "
                "names"
            )


def _named(chain: Sequence[Event]) -> dict[str, tuple[Event, str]]:
    """The last event that names each bill, and the digest of its lines that it gives."""
    return {bill: (event, digest) for event in chain for bill, digest in event.said.get("bills", {}).items()}
