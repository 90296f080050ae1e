"""Bills in the database: each file once, each invoice once; imported whole or not at all, taken back with a record."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from spanledger_enrich.books.bills import bill_formats
from spanledger_enrich.books.bills.bill_line import OTHER_SERVICE, TOKEN_METERS, decimals, last_day_of
from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from spanledger_enrich.books.bills.bill_line import BillLine
    from spanledger_sql.store import Store

KIND: Final = "bill"
_AT_ONCE: Final = 20_000
_CENT: Final = Decimal("0.01")


class UnknownBillError(AskedWronglyError):
    """There is no bill of that name, or more than one."""


@dataclass(frozen=True, slots=True)
class CheckedBill:
    """A bill that was read and may be stored: its row of the table `bill`, and its lines."""

    about: dict[str, Any]
    lines: tuple[BillLine, ...]
    known: bool = False

    @property
    def unknown(self) -> list[BillLine]:
        """The lines that are not understood."""
        return [line for line in self.lines if line.unknown]

    @property
    def uncounted(self) -> list[BillLine]:
        """The charges for tokens that are counted in a unit of which nobody knows how many tokens it is."""
        counted = (line for line in self._charges if line.quantity is not None and line.unit != "Tokens")
        return [line for line in counted if line.meter in TOKEN_METERS]

    @property
    def others(self) -> list[BillLine]:
        """The charges of services that are no AI, which no reconciliation compares."""
        return [line for line in self._charges if line.meter == OTHER_SERVICE]

    @property
    def raising(self) -> list[BillLine]:
        """The credits that raise the bill: some exports write them without their minus."""
        return [line for line in self._charges if line.meter == "credit" and (line.amount or 0) > 0]

    def to_come(self, now: datetime) -> list[BillLine]:
        """The lines of use that was not yet made: what is bought may be billed ahead, use cannot be."""
        return [line for line in self.lines if line.charge_category == "Usage" and line.begins > now]

    @property
    def _charges(self) -> list[BillLine]:
        return [line for line in self.lines if line.amount is not None]


def checked(store: Store, paths: Sequence[Path], *, part: bool = False) -> list[CheckedBill]:
    """Read bills and see that they may be stored beside what is there, and beside each other.

    Args:
        store: The database.
        paths: The files.
        part: Whether they are parts of one bill, or of one that is there: then one invoice may be in several.

    Raises:
        ImportFileError: A file is no bill, is malformed, goes on elsewhere, or its invoice is in another bill.
    """
    stored = store.rows("SELECT * FROM bill FINAL WHERE NOT deleted")
    found: list[CheckedBill] = []
    for path in paths:
        file, read = bill_formats.read(path)
        if file.goes_on and not part:
            raise ImportFileError(
                f"{path}: has_more: the report goes on in a next page, which is not there; fetch all pages and put "
                "them in one file, a page a line, or import them together with --part; nothing was imported"
            )
        charges = read.charges
        about = {
            "bill_id": file.sha256,
            "source": path.name,
            "format": read.format,
            "timezone": read.timezone,
            "providers": read.names("provider"),
            "accounts": read.names("account"),
            "invoices": read.names("invoice_id"),
            "currencies": read.names("currency"),
            "first_day": min(line.day for line in read.lines),
            "last_day": max(last_day_of(line, read.timezone) for line in read.lines),
            "lines": len(read.lines),
            "charges": len(charges),
            "invoiced_charges": sum(bool(line.invoice_id) for line in charges),
            "unknown_lines": len(read.unknown),
            "decimals": decimals(line.amount for line in charges if line.amount is not None),
            "amounts": [_total(charges, currency) for currency in read.names("currency")],
            "deleted": 0,
        }
        known = any(one["bill_id"] == file.sha256 for one in stored)
        before = [one.about for one in found]
        if not known and not any(one["bill_id"] == file.sha256 for one in before):
            if not part:
                _refuse_second(path, about, [*stored, *before])
            found.append(CheckedBill(about, read.lines))
        else:
            found.append(CheckedBill(about, read.lines, known=True))
    return found


def record(store: Store, bills: Sequence[CheckedBill]) -> None:
    """Store bills that are new: a bill is in force once its row is there, which comes after all of its lines."""
    for bill in bills:
        if bill.known:
            continue
        rows = iter(bill.lines)
        while some := [line.row(bill.about["bill_id"]) for line in islice(rows, _AT_ONCE)]:
            store.insert("bill_line", some)
        [lines] = store.rows(statement("lookups/bills/digests"), bills=[bill.about["bill_id"]])
        store.insert("bill", [{**bill.about, "digest": lines["digest"]}])
        remember(store, KIND, bill.about["source"], "imported", bill.about["source"], bill.about)


def found(store: Store, name: str) -> dict[str, Any]:
    """The bill of a name: its file's, or the beginning of its id.

    Raises:
        UnknownBillError: There is none, or there are several.
    """
    rows = store.rows(statement("lookups/bills/bill"), name=name)
    if not rows:
        raise UnknownBillError(f"there is no bill {name!r}: see 'spanledger bills list'")
    if len(rows) > 1:
        ids = ", ".join(row["bill_id"][:12] for row in rows)
        raise UnknownBillError(f"{len(rows)} bills are named {name!r}: name one of them by its id: {ids}")
    return rows[0]


def remove(store: Store, name: str) -> dict[str, Any]:
    """Take a bill back; its lines stay in the database, out of force. Gives its row.

    Raises:
        UnknownBillError: See `found`.
    """
    bill = found(store, name)
    about = {key: value for key, value in bill.items() if key != "imported_at"}
    store.insert("bill", [{**about, "deleted": 1}])
    remember(store, KIND, bill["source"], "removed", bill["source"], about)
    return bill


def _total(charges: Sequence[BillLine], currency: str) -> Decimal:
    total = sum((line.amount for line in charges if line.currency == currency and line.amount is not None), Decimal(0))
    return total.quantize(_CENT) if total == total.quantize(_CENT) else total.normalize()


def _refuse_second(path: Path, about: dict[str, Any], others: Sequence[dict[str, Any]]) -> None:
    """Complain where another bill charges for the same: an invoice of both, or days of one account without one.

    Of those that count use without amounts, one of the same days counts it twice, too.
    """
    counted = "charges" if about["charges"] else "counts of use"
    for other in others:
        if bool(other["charges"]) != bool(about["charges"]) or not set(about["providers"]) & set(other["providers"]):
            continue
        if both := sorted(set(about["invoices"]) & set(other["invoices"])):
            raise ImportFileError(
                f"{path}: invoice {both[0]} is in the bill {other['source']} ({other['bill_id'][:12]}) already; remove "
                f"that with 'spanledger bills remove {other['bill_id'][:12]}', or import a further part with --part; "
                "nothing was imported"
            )
        named = all(0 < one["charges"] == one["invoiced_charges"] for one in (about, other))
        of_others = about["accounts"] and other["accounts"] and not set(about["accounts"]) & set(other["accounts"])
        apart = about["last_day"] < other["first_day"] or other["last_day"] < about["first_day"]
        if not named and not of_others and not apart:
            first = max(about["first_day"], other["first_day"])
            whose = ", ".join(sorted(set(about["providers"]) & set(other["providers"])))
            raise ImportFileError(
                f"{path}: {counted} of {whose} on {first} are in the bill {other['source']} ({other['bill_id'][:12]}) "
                f"already; remove that with 'spanledger bills remove {other['bill_id'][:12]}', or import a further "
                "part with --part; nothing was imported"
            )
