"""What files of commitments, charges and budgets have alike: entries with a name of their own, and amounts in USD."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from spanledger_enrich.files.import_file import ImportFileError, csv_text_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from spanledger_sql.store import Store

Entry = TypeVar("Entry", bound=BaseModel)

_TOO_MUCH: Final = Decimal(10) ** 14


class Cost(Protocol):
    """An entry with an amount in a currency, from a moment on."""

    @property
    def currency(self) -> str:
        """Of its amount."""

    @property
    def begins(self) -> datetime:
        """Whose day's exchange rate its amount has."""

    def row(self, source: str, exchange_rate: Decimal) -> dict[str, Any]:
        """The row of its table, with the amount in USD."""


def entries(model: type[Entry], kind: str, path: Path, given: Iterable[tuple[object, dict[str, Any]]]) -> list[Entry]:
    """The entries of a file, each checked, and each of a name of its own.

    Args:
        model: What an entry is checked by; its field `kind` is the entry's name.
        kind: What an entry is: `commitment`, `charge` or `budget`.
        path: The file, for messages.
        given: Where each entry stands, and its fields.

    Raises:
        ImportFileError: A field is wrong, or a name is there twice.
    """
    found: dict[str, Entry] = {}
    for where, fields in given:
        try:
            one = model.model_validate(fields)
        except ValidationError as error:
            raise ImportFileError(f"{path}:{where}: {told(error)}; nothing was imported") from None
        name = getattr(one, kind)
        if name in found:
            raise ImportFileError(f"{path}:{where}: {kind}: {name!r} is there twice; nothing was imported")
        found[name] = one
    return list(found.values())


def in_usd(store: Store, kind: str, costs: Sequence[Cost], source: str) -> list[dict[str, Any]]:
    """The rows of costs, their amounts at the exchange rate in force on the first day of each.

    Raises:
        ImportFileError: There is no rate for that day, or it makes the amount too large.
    """
    rows = []
    for one in costs:
        where = f"{source}: {kind} {getattr(one, kind)!r}"
        rate = _rate_of(store, one.currency, one.begins)
        if rate is None:
            raise ImportFileError(
                f"{where}: currency: there is no exchange rate of {one.currency} for {one.begins:%Y-%m-%d}: load rates "
                "with 'spanledger prices rates'; nothing was imported"
            )
        row = one.row(source, rate)
        if abs(row["amount"]) >= _TOO_MUCH:
            raise ImportFileError(f"{where}: amount: expected less than {_TOO_MUCH:,} USD; nothing was imported")
        rows.append(row)
    return rows


def told(error: ValidationError) -> str:
    """What is wrong with a record, as a sentence that begins with the field."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    given = f": {first['input']!r}" if field and isinstance(first["input"], (str, int, float)) else ""
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{field + given + ': ' if field else ''}{message[:1].lower()}{message[1:]}"


def _rate_of(store: Store, currency: str, day: datetime) -> Decimal | None:
    """USD that one unit of a currency was worth on a day; None where no rate is known."""
    if currency == "USD":
        return Decimal(1)
    found = store.rows(
        "SELECT usd FROM exchange_rate FINAL "
        "WHERE currency = {currency:String} AND valid_from <= {day:DateTime('UTC')} ORDER BY valid_from DESC LIMIT 1",
        currency=currency,
        day=day,
    )
    return Decimal(found[0]["usd"]) if found else None


def records(path: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a file of costs: where each stands, and its fields; blank fields are left out.

    Args:
        path: The file.
        kind: What a record is: `commitment`, `charge` or `budget`.

    Raises:
        ImportFileError: It cannot be read, or a line is cut off.
    """
    if path.suffix in {".yaml", ".yml"}:
        yield from _yaml(path, kind)
        return
    rows = csv.DictReader(io.StringIO(csv_text_of(path), newline=""), strict=True)
    try:
        for row in rows:
            if None in row or None in row.values():
                raise ImportFileError(f"{path}:{rows.line_num}: has not as many fields as line 1; nothing was imported")
            fields = {name.strip().lower(): value.strip() for name, value in row.items()}
            if given := {name: value for name, value in fields.items() if value}:
                yield str(rows.line_num), given
    except csv.Error as error:
        raise ImportFileError(f"{path}:{rows.line_num}: cannot be read as CSV: {error}; nothing was imported") from None


def _yaml(path: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        read_as_text = yaml.load(text_of(path), Loader=yaml.BaseLoader)  # noqa: S506  (it makes nothing but text)
    except yaml.YAMLError as error:
        raise ImportFileError(f"{path}: is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(read_as_text, list) or not all(isinstance(one, dict) for one in read_as_text):
        raise ImportFileError(f"{path}: expected a list of {kind}s, each a mapping of fields")
    for number, one in enumerate(read_as_text, 1):
        yield f"{kind} {number}", one
