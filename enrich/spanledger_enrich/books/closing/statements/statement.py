"""Statements: what a party owes and emitted in a closed month, as a document that is hashed and kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.closing import month as months
from spanledger_enrich.books.closing.chain import canonical, digest
from spanledger_enrich.books.plans import billing
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spanledger_sql.store import Store

# Which `statement_N.html` prints it. A file that was released is never edited, so that what was issued prints the same.
LAYOUT: Final = 1
AMOUNTS: Final = (
    "list_cost", "cost", "price", "energy_wh", "co2e_g", "co2e_g_least", "co2e_g_most", "co2e_market_g", "embodied_g",
)  # fmt: skip
COUNTS: Final = (
    "entries", "calls", "input_tokens", "cache_read_tokens", "output_tokens", "unpriced_calls", "unknown_energy_calls",
)  # fmt: skip
_PARTIES: Final = "SELECT party, tenant_id, timezone, salt FROM book_party ORDER BY party"
DIMENSIONS: Final = ("service_month", "reason", "kind", "cost_center", "feature", "provider", "model")


@dataclass(frozen=True, slots=True)
class Closing:
    """What all statements of a close have alike.

    Attributes:
        month: The month.
        revision: How many times it was closed, this time included; 0: a draft.
        prepared_by: Who closed it softly.
        closed_by: Who closed it hard; empty: a draft.
        closed_at: When, as text; empty: a draft.
    """

    month: str
    revision: int = 0
    prepared_by: str = ""
    closed_by: str = ""
    closed_at: str = ""


def lines_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Lines of `book_line` by party, each with what a statement has of it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        names = ("line", *DIMENSIONS, *COUNTS, *AMOUNTS)
        found.setdefault(row["party"], []).append({name: row[name] for name in names})
    return {party: sorted(lines, key=lambda line: line["line"]) for party, lines in sorted(found.items())}


def totals(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sums of lines."""
    return {
        **{name: sum(int(line[name]) for line in lines) for name in COUNTS},
        **{name: sum((Decimal(line[name]) for line in lines), Decimal(0)) for name in AMOUNTS},
    }


def document(
    closing: Closing,
    party: Mapping[str, str],
    lines: Sequence[Mapping[str, Any]],
    terms: Mapping[str, Any],
    interval: Mapping[str, str],
    previous: Mapping[str, object] | None,
) -> str:
    """A statement as canonical JSON.

    Args:
        closing: Of which month, and who closed it.
        party: Its row of `book_party`.
        lines: Its lines.
        terms: How what they come to is billed, as `Terms` give it.
        interval: The 90 % interval of the emissions of the month's own use, kgCO2e.
        previous: The party's statement before: its month, revision and hash.
    """
    asked = months.of(closing.month, party["timezone"])
    amounts = billing.billed(lines, terms)
    lines = [{**line, "billed": amount} for line, amount in zip(lines, amounts, strict=True)]
    return canonical(
        {
            "statement": f"{closing.month}/{party['party']}/{closing.revision}",
            "layout": LAYOUT,
            "status": "final" if closing.revision else "draft",
            "month": closing.month,
            "revision": closing.revision,
            "party": party["party"],
            "name_hash": name_hash(party),
            "timezone": party["timezone"],
            "begins": asked.begin,
            "ends": asked.end,
            "currency": "USD",
            "billing": {**terms, "total": billing.total(amounts)},
            "prepared_by": closing.prepared_by,
            "closed_by": closing.closed_by,
            "closed_at": closing.closed_at,
            "lines": lines,
            "total": totals(lines),
            "adjustments": totals([line for line in lines if line["reason"]]),
            "co2e_kg_90_percent": interval,
            "previous": previous,
        }
    )


def name_hash(party: Mapping[str, str]) -> str:
    """SHA-256 of a party's salt and name, in hex: statements have it in the place of the name."""
    return digest(party["salt"] + party["tenant_id"])


class Terms:
    """The price plans of a month and of those before it, by which every party's statement of it is billed."""

    def __init__(self, store: Store, month: str) -> None:
        self._month = month
        self._plans: dict[str, list[Mapping[str, Any]]] = {}
        for row in store.rows(statement("closing/statements/terms"), month=month):
            self._plans.setdefault(row["tenant_id"], []).append(row)

    def of(self, party: Mapping[str, str], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """By which price plan a party's statement is billed, and at which rates."""
        tenant = party["tenant_id"]
        # A plan for everybody is for whom calls name.
        everybodys = [] if tenant.startswith("(") else self._plans.get("*", [])
        plans = [*everybodys, *self._plans.get(tenant, [])]
        return billing.terms(self._month, plans, [str(line["service_month"]) for line in lines])


def intervals(store: Store, month: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """The 90 % interval of what each party's own use of a month emitted, kgCO2e, by party; where something is known."""
    found: dict[str, dict[str, str]] = {}
    for zone in sorted({party["timezone"] for party in known.values()}):
        asked = months.of(month, zone)
        of = {party["tenant_id"]: token for token, party in known.items() if party["timezone"] == zone}
        everything: dict[str, list[str]] = {"custom": [], "tenants": [], "where_names": [], "where_values": []}
        rows = store.frame(
            "reports/chargeback/chargeback", **asked.bounds, by=["tenant"], timezone=zone, **everything
        ).to_dict("records")
        for row in rows:
            ends = {name: float(row[f"co2e_kg_{name}"]) for name in ("low", "high")}
            token = of.get(row["tenant"] or "(unattributed)")
            if token and not any(math.isnan(end) for end in ends.values()):
                found[token] = {name: f"{end:.9f}" for name, end in ends.items()}
    return found


def parties(store: Store) -> dict[str, dict[str, str]]:
    """Every party of the books, as rows of `book_party`, by its token."""
    return {row["party"]: row for row in store.rows(_PARTIES)}


def drafts(store: Store, closing: Closing, upto: int) -> dict[str, str]:
    """The statements of a month as the books are now, by party; they are not kept."""
    rows = store.rows(statement("closing/statements/draft_lines"), month=closing.month, posting="", upto=upto)
    known = parties(store)
    ends, terms = intervals(store, closing.month, known), Terms(store, closing.month)
    return {
        party: document(closing, known[party], lines, terms.of(known[party], lines), ends.get(party, {}), None)
        for party, lines in lines_of(rows).items()
    }
