"""Reads price books and exchange rates from CSV and YAML, each line with the place where it stands."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from spanledger_enrich.files.import_file import ImportFileError, csv_text_of, text_of
from spanledger_enrich.prices.price_line import COLUMNS, RATE_COLUMNS, Line, Place, Rate, line, rate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class BookFile:
    """What the file ``origin`` says: the book's name, whose it is (of the three at most one), its lines and rates."""

    origin: str
    name: str
    tenant_id: str
    provider_account: str
    environment: str
    lines: list[Line]
    rates: list[Rate]
    sha256: str
    rows: list[dict[str, str]] = field(default_factory=list)


def read_book(path: Path) -> BookFile:
    """Read a book from CSV or, by its suffix, YAML.

    Raises:
        ImportFileError: The file cannot be read, or a value in it cannot be meant.
    """
    document: dict[str, Any] = {}
    is_yaml = path.suffix in {".yaml", ".yml"}
    # Read once: what is looked at, asked about and stored is one text, whoever writes the file meanwhile.
    text = text_of(path) if is_yaml else csv_text_of(path)
    if is_yaml:
        document = _yaml(path, text)
        rows = list(_listed(path, document.get("lines"), "lines"))
        rates = [rate(place, row) for place, row in _listed(path, document.get("rates"), "rates")]
    else:
        rows, rates = list(_csv(path, text)), []
    scope = document.get("applies_to") or {}
    if not isinstance(scope, dict) or not set(scope) <= {"tenant", "account", "environment"} or len(scope) > 1:
        raise ImportFileError(
            f"{path.name}: applies_to: {scope!r}: expected one of tenant, account and environment, such as "
            "'applies_to: {tenant: acme}'; nothing of the file was loaded"
        )
    default = {"currency": str(document.get("currency") or "USD")}
    lines = [line(place, default | row) for place, row in rows]
    if not lines:
        raise ImportFileError(f"{path.name}: it has no lines; expected at least one price, discount or commitment")
    return BookFile(
        path.name,
        str(document.get("book") or path.stem),
        str(scope.get("tenant", "")),
        str(scope.get("account", "")),
        str(scope.get("environment", "")),
        lines,
        rates,
        hashlib.sha256(text.encode()).hexdigest(),
        [default | row for _, row in rows],
    )


def read_rates(path: Path) -> list[Rate]:
    """Read exchange rates from CSV (currency, valid_from, usd) or YAML (``rates:``).

    Raises:
        ImportFileError: The file cannot be read, or a value in it cannot be meant.
    """
    if path.suffix in {".yaml", ".yml"}:
        rows = list(_listed(path, _yaml(path, text_of(path)).get("rates"), "rates"))
    else:
        rows = list(_csv(path, csv_text_of(path)))
    if not rows:
        raise ImportFileError(f"{path.name}: it has no rates; expected the columns {', '.join(RATE_COLUMNS)}")
    return [rate(place, row) for place, row in rows]


def _yaml(path: Path, text: str) -> dict[str, Any]:
    try:
        # Every value stays the text it was written as: a price is no float, and a date none of YAML's.
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  (strings alone)
    except yaml.YAMLError as error:
        raise ImportFileError(f"{path.name}: is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise ImportFileError(f"{path.name}: expected a mapping with the key lines")
    if unknown := set(document) - {"book", "applies_to", "currency", "lines", "rates"}:
        raise ImportFileError(
            f"{path.name}: {min(unknown)}: is no key of a book; expected book, applies_to, currency, lines, rates"
        )
    return document


def _listed(path: Path, entries: Any, name: str) -> Iterator[tuple[Place, dict[str, str]]]:
    if entries in (None, ""):
        return
    if not isinstance(entries, list):
        raise ImportFileError(f"{path.name}: {name}: expected a list")
    for number, entry in enumerate(entries, 1):
        place = Place(path.name, f"{name}, entry {number}")
        if not isinstance(entry, dict):
            raise place.refuse("entry", "expected a mapping such as {kind: discount, provider: openai, ...}")
        yield place, {str(key): str(value).strip() for key, value in entry.items()}


def _csv(path: Path, text: str) -> Iterator[tuple[Place, dict[str, str]]]:
    reader = csv.DictReader(text.splitlines())
    for number, row in enumerate(reader, 2):
        place = Place(path.name, f"row {number}")
        if None in row or any(value is None for value in row.values()):
            raise place.refuse("row", f"it has not as many fields as the header's {len(reader.fieldnames or [])}")
        yield (
            place,
            {name.strip(): value.strip() for name, value in row.items() if value.strip() or name not in COLUMNS},
        )
