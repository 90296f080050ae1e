"""Every format of bills, in the order that a file is tried by: the first that fits is the file's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from spanledger_enrich.books.bills.bill_file import BillFile
from spanledger_enrich.books.bills.bill_line import ReadBill
from spanledger_enrich.books.bills.formats import (
    anthropic_cost,
    anthropic_usage,
    aws_cur,
    azure_cost_details,
    databricks_usage,
    deepseek_usage,
    focus_file,
    google_billing_export,
    openai_costs,
    openai_usage,
    openrouter_activity,
    plain_csv,
)
from spanledger_enrich.files.import_file import ImportFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanledger_enrich.books.bills.bill_format import BillFormat
    from spanledger_enrich.books.bills.bill_line import BillLine
    from spanledger_enrich.books.bills.record import Record

FORMATS: Final[tuple[BillFormat, ...]] = (
    openai_costs.FORMAT,
    openai_usage.FORMAT,
    anthropic_cost.API,
    anthropic_cost.CONSOLE,
    anthropic_usage.API,
    anthropic_usage.CONSOLE,
    focus_file.FORMAT,
    aws_cur.FORMAT,
    azure_cost_details.FORMAT,
    google_billing_export.FORMAT,
    openrouter_activity.FORMAT,
    deepseek_usage.AMOUNT,
    deepseek_usage.COST,
    databricks_usage.FORMAT,
    plain_csv.FORMAT,
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
            f"{', '.join(dict.fromkeys(one.name for one in FORMATS))}; {_nearest(file)}nothing was imported"
        )
    lines = tuple(line for record in file.records for line in _lines(found, record))
    if not lines:
        raise ImportFileError(f"{path}: {found.name}: holds no charge; nothing was imported")
    return file, ReadBill(found.name, found.timezone or _told_timezone(file), lines)


def _lines(form: BillFormat, record: Record) -> Iterator[BillLine]:
    """What a record says.

    Raises:
        ImportFileError: A charge ends before it begins.
    """
    for line in form.lines(record):
        if line.ends < line.begins:
            raise ImportFileError(
                f"{record.path}:{record.number}: its charge is from {line.begins:%Y-%m-%dT%H:%M:%SZ} to "
                f"{line.ends:%Y-%m-%dT%H:%M:%SZ}; expected an end after its begin; nothing was imported"
            )
        # A count of requests has no amount; what is charged for by request is a vendor's unit.
        yield replace(line, meter="unit") if line.meter == "requests" and line.amount is not None else line


def _nearest(file: BillFile) -> str:
    """What the file lacks to be a bill of the format that it is most like; empty: it is like none."""
    alike = {_folded(name): name for name in file.columns}
    told = [(one, told_by) for one in FORMATS for told_by in one.told_by]
    form, names = max(told, key=lambda one: len({_folded(name) for name in one[1]} & set(alike)) / len(one[1]))
    if 2 * len({_folded(name) for name in names} & set(alike)) < len(names):
        return ""
    lacking = [
        f"{name!r} (it has {alike[_folded(name)]!r})" if _folded(name) in alike else repr(name)
        for name in sorted(names - file.columns)
    ]
    return f"for a bill of the format {form.name} it lacks {', '.join(lacking)}; "


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _told_timezone(file: BillFile) -> str:
    zones = {record.text("timezone") or "UTC": record for record in reversed(file.records)}
    first, *others = sorted(zones, key=lambda zone: zones[zone].number)
    if others:
        zones[others[0]].refuse("timezone", others[0], f"expected {first}, as in the lines before: a bill has one")
    return first
