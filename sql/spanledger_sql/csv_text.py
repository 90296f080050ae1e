"""Rows as CSV, the same from the command line and from a page."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pandas as pd

from spanledger_sql.result_frame import known

if TYPE_CHECKING:
    from collections.abc import Callable


def csv_text(frame: pd.DataFrame, written: Callable[[object], object], *, head: bool = True) -> bytes:
    """The rows in UTF-8.

    Args:
        frame: The rows.
        written: What becomes of a value: `cell` or `plain` of `spanledger_settings.cell`.
        head: Whether the names of the columns stand above them.
    """
    texts = frame.copy(deep=False)
    for column in frame:
        if frame[column].dtype.kind in "OfUT" or pd.api.types.is_string_dtype(frame[column]):
            texts[column] = pd.Series([written(known(value)) for value in frame[column]], frame.index, object)
    header = [str(written(str(name))) for name in frame] if head else False
    text = texts.to_csv(index=False, header=header)
    if "\r" in text:
        # Only a line feed is quoted by itself, and many a reader takes this for the end of a line, too.
        text = texts.to_csv(index=False, header=header, quoting=csv.QUOTE_NONNUMERIC)
    return text.encode()
