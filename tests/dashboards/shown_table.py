"""The tables of a page, as its reader sees them."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest


def shown_tables(page: AppTest) -> dict[str, pd.DataFrame]:
    """Each table by its title, its cells as texts."""
    bodies = [block.proto.body for block in page.get("html") if 'class="sl-table"' in block.proto.body]
    return {
        title[1]: pd.read_html(io.StringIO(body), flavor="html5lib", thousands=None, keep_default_na=False)[0].astype(
            str
        )
        for body in bodies
        if (title := re.search(r"<caption>(.*?)</caption>", body))
    }


def number(text: str) -> float:
    """A count or share as a table shows it."""
    return float(text.replace(",", "").removesuffix("%").lstrip("<>"))
