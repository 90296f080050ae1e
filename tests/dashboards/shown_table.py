"""The tables of a page, as its reader sees them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest


class _Table(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self.rows: list[list[str]] = []
        self._into = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag in ("th", "td", "caption"):
            self._into = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._into:
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into == "caption":
            self.title += data
        elif self._into:
            self.rows[-1][-1] += data


def shown_tables(page: AppTest) -> dict[str, pd.DataFrame]:
    """Each table by its title, its cells as texts."""
    found = {}
    for block in page.get("html"):
        if 'class="sl-table"' in block.proto.body:
            table = _Table()
            table.feed(block.proto.body)
            found[table.title] = pd.DataFrame(table.rows[1:], columns=table.rows[0])
    return found


def number(text: str) -> float:
    """A count or share as a table shows it."""
    return float(text.replace(",", "").removesuffix("%").lstrip("<>"))
