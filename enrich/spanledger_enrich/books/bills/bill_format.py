"""The formats of bills, and which of them a file is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spanledger_enrich.books.bills.bill_file import BillFile
    from spanledger_enrich.books.bills.bill_line import BillLine
    from spanledger_enrich.books.bills.record import Record


@dataclass(frozen=True, slots=True)
class BillFormat:
    """A format.

    Attributes:
        name: For people: `OpenAI costs`.
        timezone: Of its days; '' where the file says it in a column `timezone`, else UTC.
        told_by: The columns, or fields, that a file of it has: all of any of these sets.
        lines: What a record says: one line or several; none where it is an empty one, such as a day without a cost.
        fits: What else must hold of a file with the columns.
    """

    name: str
    timezone: str
    told_by: tuple[frozenset[str], ...]
    lines: Callable[[Record], Iterable[BillLine]]
    fits: Callable[[BillFile], bool] = lambda _: True

    def is_of(self, file: BillFile) -> bool:
        """Whether a file is of this format."""
        return any(columns <= file.columns for columns in self.told_by) and self.fits(file)


def columns(*names: str) -> frozenset[str]:
    """Columns that tell a format."""
    return frozenset(names)
