"""What a file that was a statement says otherwise than the statement as it was issued."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.closing.chain import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INSIDE_PAGE: Final = re.compile(r'<script type="application/json" id="statement">(.*?)</script>', re.DOTALL)
_MOST: Final = 20
_AROUND: Final = 30


def text_of(found: bytes) -> str:
    """The characters of a file in whatever encoding it says that it is stored in, by default UTF-8."""
    wide = found.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return found.decode("utf-16" if wide else "utf-8-sig", errors="replace")


def differences(issued: bytes, found: bytes, form: str) -> list[str]:
    """A sentence on each difference in what two files of a form say; on how they say it, where they say the same."""
    ours, theirs = text_of(issued), text_of(found)
    try:
        told = list(_of_lines(ours, theirs) if form == "csv" else _of_documents(_document(ours), _document(theirs)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error):
        return ["what it says cannot be read"]
    if len(told) > _MOST:
        told[_MOST:] = [f"and {len(told) - _MOST} more differences"]
    return told or list(_of_texts(ours, theirs))


def _document(text: str) -> dict[str, Any]:
    """What a statement as JSON says, or the one inside a page."""
    inside = _INSIDE_PAGE.search(text)
    said = json.loads(inside[1] if inside else text)
    return {**said, **said["statement"]}


def _of_documents(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    head, other = (
        dict(_flat({name: value for name, value in said.items() if name != "lines"})) for said in (ours, theirs)
    )
    yield from _of_values(head, other, "")
    yield from _of_numbered(ours["lines"], theirs["lines"])


def _of_lines(ours: str, theirs: str) -> Iterator[str]:
    yield from _of_numbered(*(list(csv.DictReader(io.StringIO(text))) for text in (ours, theirs)))


def _of_numbered(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> Iterator[str]:
    mine, other = ({str(line["line"]): line for line in lines} for lines in (ours, theirs))
    if len(other) != len(theirs):
        yield "it has a line twice"
    for number, line in mine.items():
        if number in other:
            yield from _of_values(dict(_flat(line)), dict(_flat(other[number])), f"line {number}: ")
        else:
            yield f"line {number} of the books is not in it"
    yield from (f"its line {number} is not in the books" for number in other if number not in mine)
    if list(mine) != list(other) and mine.keys() == other.keys():
        yield "its lines are in another order"


def _of_values(ours: Mapping[str, str], theirs: Mapping[str, str], where: str) -> Iterator[str]:
    for name in dict.fromkeys([*ours, *theirs]):
        said, kept = theirs.get(name, "not told"), ours.get(name, "nothing of it")
        if said != kept:
            yield f"{where}{name} is {said}, the books say {kept}"


def _flat(said: Mapping[Any, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for key, value in said.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        else:
            yield f"{within}{key}", value if isinstance(value, str) else canonical(value)


def _of_texts(ours: str, theirs: str) -> Iterator[str]:
    """The first place where files differ that say the same."""
    mine, other = ours.splitlines(), theirs.splitlines()
    if mine == other:
        yield "it says the same: its characters are encoded, or its lines end, otherwise"
        return
    number = next((at for at, (one, two) in enumerate(zip(mine, other, strict=False)) if one != two), None)
    if number is None:
        yield f"it has {len(other)} lines of text, the statement {len(mine)}"
        return
    one, two = mine[number], other[number]
    at = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))
    shown = slice(max(0, at - _AROUND), at + _AROUND)
    yield f"line {number + 1} of its text has {two[shown]!r}, as issued {one[shown]!r}"
