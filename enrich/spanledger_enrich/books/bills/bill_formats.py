"""Every format of bills, in the order that a file is tried by: the first that fits is the file's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_file import BillFile
from spanledger_enrich.books.bills.bill_line import ReadBill
from spanledger_enrich.books.bills.formats import (
    anthropic_cost,
    anthropic_usage,
    openai_costs,
    openai_usage,
)
from spanledger_enrich.files.import_file import ImportFileError

if TYPE_CHECKING:
    from pathlib import Path

    from spanledger_enrich.books.bills.bill_format import BillFormat

FORMATS: Final[tuple[BillFormat, ...]] = (
    openai_costs.FORMAT,
    openai_usage.FORMAT,
    anthropic_cost.API,
    anthropic_cost.CONSOLE,
    anthropic_usage.API,
    anthropic_usage.CONSOLE,
)


def read(path: Path) -> tuple[BillFile, ReadBill]:
    """Read a bill, whatever its format.

    Raises:
        ImportFileError: It is of none, or a field of it is wrong.
    """
    file = BillFile.read(path)
    found = next((one for one in FORMATS if one.is_of(file)), None)
    if found is None:
        some = ", ".join(sorted(file.columns)[:8])
        raise ImportFileError(
            f"{path}:1: is no bill of a known format: it has {some}{' ...' if len(file.columns) > 8 else ''}; expected "
            f"{', '.join(dict.fromkeys(one.name for one in FORMATS))}; nothing was imported"
        )
    lines = tuple(line for record in file.records for line in found.lines(record))
    if not lines:
        raise ImportFileError(f"{path}: {found.name}: holds no charge; nothing was imported")
    return file, ReadBill(found.name, found.timezone, lines)
