"""The text of a query that reads alike calls summed (`call_hours`), for when sums are all that it would read.

Where all of a period's sums hold, no call is read one by one. The engine pays for that branch all the same, and for
looking which sums hold in the query itself, each time that it is named: a fifth to a half of a report's time. What
stands in a text between

    -- <by_call>
    UNION ALL
    SELECT ...
    -- </by_call>

and in views that read either, is left out then, and the hours and days to read are named in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from spanledger_sql.definitions.included_parts import with_parts
from spanledger_sql.definitions.kept_books import BY_CALL, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What a passage of the text is about that is left out where no metered host drew anything while no call ran.
IDLE: Final = "idle"
_UNIT_TYPES: Final = {"hours": "UInt8", "midnight": "UInt8", "begins": "DateTime(''UTC'')", "built": "UInt64"}
_OF_SUMS: Final = ("hours", "midnight", "begins", "built")
# Views that read sums or calls, and what they read where sums are all there is.
_ROWS: Final = {
    "call_hours": "({{{{sums_as_calls}}}} WHERE (hours, midnight, begins, built) IN {placeholder})",
    "drawn_hours": (
        "({{{{sums_as_drawn}}}} WHERE (hours, midnight, begins, built) IN {placeholder}\n"
        "-- <idle>\nUNION ALL SELECT * FROM idle_drawn\n-- </idle>\n)"
    ),
}
_READ: Final = re.compile(rf"\b({'|'.join(_ROWS)})\(")
_LOOK: Final = re.compile(r"\(\s*SELECT \(groupArrayIf\(\(([\w, ]+)\), is_summed\)")
_STANDING: Final = re.compile(r"\bledger_standing\(")
_ASKED: Final = ("from", "to", "moment", "grain", "timezone", "told")
_PARAMETER: Final = re.compile(r"\{(\w+):[^{}]+\}")
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.|'')*'")


# For which calls sums are asked: expressions of a query's parameters by the names of those of `ledger_standing`.
Asked = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sums:
    """Sums that a query reads.

    Attributes:
        placeholder: What stands for them in the text.
        of: What they are known by: some of `hours`, `midnight`, `begins` and `built`.
        asked: For which calls each set of them is asked.
    """

    placeholder: str
    of: tuple[str, ...]
    asked: tuple[Asked, ...]

    def literal(self, units: Iterable[Mapping[str, int]]) -> str:
        """The hours and days, for the place of the placeholder.

        No parameter: it would stand in the address of the request, which a server in between may find too long.
        """
        listed = ",".join(f"({','.join(str(int(unit[name])) for name in self.of)})" for unit in units)
        kinds = ", ".join(_UNIT_TYPES[name] for name in self.of)
        return f"CAST('[{listed}]', 'Array(Tuple({kinds}))')"


def of_sums_alone(text: str) -> tuple[str, list[Sums]] | None:
    """The text that reads nothing but sums, and these; None where there is none, or it cannot be told before."""
    told: list[Sums] = []
    shorter = without(text, {BY_CALL})
    while (found := _LOOK.search(shorter)) or (found := _READ.search(shorter)):
        is_look = found.re is _LOOK
        begin = found.start() if is_look else found.end() - 1
        end = _closing(shorter, begin)
        inner = shorter[begin:end]
        arguments = (
            [inner[one.end() - 1 : _closing(inner, one.end() - 1)] for one in _STANDING.finditer(inner)]
            if is_look
            else [inner]
        )
        asked = [_arguments(one) for one in arguments]
        if not all(asked):
            return None
        of = tuple(found[1].split(", ")) if is_look else _OF_SUMS
        placeholder = f"/* sums {len(told) + 1} */"
        told.append(Sums(placeholder, of, tuple(one for one in asked if one)))
        read = f"tuple({placeholder})" if is_look else with_parts(_ROWS[found[1]].format(placeholder=placeholder))
        shorter = shorter[: found.start()] + read + shorter[end:]
    return (shorter, told) if told else None


def asked_with(text: str, asked: Asked) -> str:
    """A statement with parameters of `ledger_standing`, with what a query says in their place."""
    expressions = dict(asked)
    return _PARAMETER.sub(lambda found: f"({expressions[found[1]]})", text)


def _closing(text: str, opening: int) -> int:
    """The place behind the bracket that closes the one at ``opening``."""
    depth = 0
    for found in re.finditer(r"--[^\n]*|'(?:[^'\\]|\\.|'')*'|[()]", text[opening:]):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if not depth:
            return opening + found.end()
    raise ValueError(f"expected a bracket that closes: {text[opening : opening + 80]!r}")


def _arguments(text: str) -> Asked | None:
    """The arguments of a view by name; None where one rests on anything but constants and parameters."""
    parts, depth, begin = [], 0, 1
    for found in re.finditer(r"'(?:[^'\\]|\\.|'')*'|\{[^{}]*\}|[(\[,)\]]", text):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(found[0], 0)
        if (found[0] == "," and depth == 1) or not depth:
            parts.append(text[begin : found.start()])
            begin = found.end()
    given = {name.strip(): value.strip() for name, _, value in (part.partition("=") for part in parts)}
    if any(re.search(r"\b(?!INTERVAL|AND|OR)[A-Za-z_]\w*\b(?!\s*\()", _PARAMETER.sub("", _TEXT.sub("", value)))
           for value in given.values()):  # fmt: skip
        return None
    return tuple((name, given[name]) for name in _ASKED)
