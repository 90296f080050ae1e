"""Comparisons that the engine does not look into, so that statements of many levels are planned faster.

For each comparison with a constant that AND or OR joins to others, the engine's optimizer looks whether another one is
of the same expression. It hashes the expression for that, with the subquery that a column comes from and all levels
below, each time anew: half of what an insert of one span cost. No setting turns that off. `identity(...)` gives what it
is given, and is no comparison.
"""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"--[^\n]*|'(?:[^'\\]|\\.|'')*'|`[^`]*`|[A-Za-z_]\w*|\d[\w.]*|->|<=|>=|!=|<>|==|::|\s+|.", re.DOTALL
)
_COMPARISONS: Final = frozenset(("=", "==", "!=", "<>", "<", ">", "<=", ">="))
_JOINING: Final = frozenset(("AND", "OR"))
# What an operand of AND or OR ends at.
_ENDS: Final = _JOINING | {",", "->", "?", ":", ";", "AS", "SELECT", "WITH", "FROM", "WHERE", "WHEN", "THEN", "ELSE",
                           "END", "ON", "HAVING", "SETTINGS"}  # fmt: skip
# An operand that says any of these is more than a comparison.
_OTHERS: Final = frozenset(("NOT", "IN", "IS", "LIKE", "ILIKE", "BETWEEN", "CASE", "DISTINCT"))
# Comparisons with '' the engine writes as empty() before.
_CONSTANT: Final = re.compile(r"\s*(?:'.+'|-?\s*\d[\w.]*)\s*", re.DOTALL)


def with_opaque_comparisons(text: str) -> str:
    """The statement with `identity(...)` around each comparison with a constant that is an operand of AND or OR.

    Not for what reads tables by their keys: of what stands in it no index knows.
    """
    return _rewritten(_TOKEN.findall(text), 0)[0]


def _rewritten(tokens: list[str], at: int) -> tuple[str, int]:
    """What stands up to the bracket that closes, and the place of that bracket."""
    done, operand, after = "", [], ""
    while True:
        token = tokens[at] if at < len(tokens) else ""
        if token in ("(", "[", "{"):
            inner, at = _rewritten(tokens, at + 1)
            operand.append(token + inner + tokens[at])
        elif token in ("", ")", "]", "}") or token.upper() in _ENDS:
            # What stands behind AS is the name of what stands before it, too.
            joined = after != "AS" and (after in _JOINING or token.upper() in _JOINING)
            done += _opaque(operand) if joined else "".join(operand)
            if token in ("", ")", "]", "}"):
                return done, at
            done, operand, after = done + token, [], token.upper()
        else:
            operand.append(token)
        at += 1


def _opaque(operand: list[str]) -> str:
    before = ""
    while operand and (operand[0].isspace() or operand[0].startswith("--")):
        before += operand.pop(0)
    text = "".join(operand)
    places = [place for place, token in enumerate(operand) if token in _COMPARISONS]
    if len(places) != 1 or not _OTHERS.isdisjoint(token.upper() for token in operand):
        return before + text
    left, right = "".join(operand[: places[0]]), "".join(operand[places[0] + 1 :])
    if not (_CONSTANT.fullmatch(left) or _CONSTANT.fullmatch(right)):
        return before + text
    bare = text.rstrip()
    return f"{before}identity({bare}){text[len(bare) :]}"
