"""Names whose ranges overlap are not ranked: nobody knows which is the larger."""

from __future__ import annotations

from typing import Any

from spanledger_dashboards.drawing.charts.palette import ALL_OTHERS, IDLE, UNATTRIBUTED
from spanledger_dashboards.drawing.plain_text import isolated, unisolated
from spanledger_settings import figures

# So many names and groups are told in a sentence, and so much of each name.
_TOLD = 12
_LONGEST = 60


def unranked(rows: list[dict[Any, Any]]) -> list[list[dict[Any, Any]]]:
    """The rows, the largest first, in groups within which each one's range overlaps another's: these are by name.

    Rows of the rest (all others, unattributed, idle, unknown) stay last, each by itself.
    """
    named = [row for row in rows if row["name"] not in (ALL_OTHERS, UNATTRIBUTED, IDLE)]
    known = [row for row in named if not figures.is_unknown(row["co2e_g"])]
    groups: list[list[dict[Any, Any]]] = []
    lowest = float("inf")
    for row in sorted(known, key=lambda row: -row["co2e_g_high"]):
        if row["co2e_g_high"] < lowest:
            groups.append([])
            lowest = row["co2e_g_low"]
        groups[-1].append(row)
        lowest = min(lowest, row["co2e_g_low"])
    ranked = [sorted(group, key=lambda row: str(row["name"])) for group in groups]
    return ranked + [[row] for row in rows if row not in known]


def told(groups: list[list[dict[Any, Any]]]) -> str:
    """Which rows stand by name, and why; '' where all are ranked."""
    alike = [group for group in groups if len(group) > 1]
    if not alike:
        return ""
    if len(groups) == 1:
        return "Their ranges overlap, so that none is told to be the larger: they stand by name."
    names = "; ".join(_named([str(row["name"]) for row in group]) for group in alike[:_TOLD])
    names += f"; and {len(alike) - _TOLD:,} more such groups" if len(alike) > _TOLD else ""
    # Behind the dot of a name, or of one that is shortened, there would be two.
    end = "" if unisolated(names).endswith((".", "…")) else "."
    return f"The ranges of these overlap, so that none is told to be the larger; they stand by name: {names}{end}"


def _named(names: list[str]) -> str:
    told = [isolated(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…") for name in names[:_TOLD]]
    return ", ".join(told) + (f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else "")
