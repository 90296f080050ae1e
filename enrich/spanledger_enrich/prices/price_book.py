"""Contract books in the database: imported whole or not at all, and kept in step with the list and the rates."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanledger_enrich.files.book_history import remember
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.prices import catalogue_names
from spanledger_enrich.prices.contract_line import checked
from spanledger_enrich.prices.price_contract import Contract, expand, listed_prices
from spanledger_enrich.prices.price_file import BookFile, read_book, read_rates
from spanledger_enrich.prices.price_line import Place, line
from spanledger_enrich.prices.price_row import PriceKey
from spanledger_settings.mendable import AskedWronglyError
from spanledger_sql.store import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spanledger_enrich.prices.contract_line import Listed, Rates
    from spanledger_enrich.prices.price_line import Rate
    from spanledger_sql.store import Store

KIND = "price book"
_PRECEDENCE = ("tenant_id", "provider_account", "environment")


class UnknownBookError(AskedWronglyError):
    """There is no contract book of that name."""


@dataclass(frozen=True)
class Imported:
    """What an import did: the book's name, its lines and the models that it has prices for."""

    book: str
    lines: int
    models: int
    changed: bool


def import_book(
    store: Store, given: Path | BookFile, *, book: str = "", tenant: str = "", account: str = "", environment: str = ""
) -> Imported:
    """Put a contract book into the database, in place of the one of its name.

    Args:
        store: The database.
        given: CSV or YAML, or what was read of one.
        book: Its name; default: what the file says, or the file's name.
        tenant: Whose calls it applies to; of the three at most one, and none where to everybody's.
        account: The provider's account whose calls it applies to.
        environment: The deployment environment whose calls it applies to.

    Raises:
        ImportFileError: The file cannot be taken; nothing of it was loaded.
    """
    file = given if isinstance(given, BookFile) else read_book(given)
    scope = {"tenant_id": tenant, "provider_account": account, "environment": environment}
    if not any(scope.values()):
        scope = {name: getattr(file, name) for name in scope}
    if sum(map(bool, scope.values())) > 1:
        raise ImportFileError(
            f"{file.origin}: a book applies to one of tenant, account and environment, not to several"
        )
    name = book or _own_name(store, file.name, scope)
    if name in {"", "list", "free"} or any(letter in name for letter in "/@#"):
        raise ImportFileError(
            f"{file.origin}: book: {name!r} cannot name a contract; expected a name such as acme-2025"
        )
    for other in store.rows("SELECT * FROM price_book FINAL WHERE NOT deleted"):
        if other["book"] != name and all(other[key] == value for key, value in scope.items()):
            whose = " ".join(filter(None, scope.values())) or "everybody"
            raise ImportFileError(
                f"{file.origin}: book: {other['book']!r} applies to {whose} already; import it under that name to "
                "replace it, "
                f"or remove it with 'spanledger prices remove {other['book']}'"
            )
    listed, rates = _listed(store), rates_with(store, file.rates)
    lines = checked(file.lines, listed, rates)
    about = {
        "book": name,
        **scope,
        "precedence": next((number for number, key in enumerate(_PRECEDENCE, 1) if scope[key]), 4),
        "origin": file.origin,
        "sha256": file.sha256,
        "lines": json.dumps(file.rows),
        "deleted": 0,
    }
    store_rates(store, file.rates)
    models, changed = _write(store, about, Contract(lines, listed, rates))
    return Imported(name, len(file.lines), models, changed)


def doubts(store: Store, file: BookFile, *, tenant: str = "", account: str = "", environment: str = "") -> list[str]:
    """What a book says that is probably not meant, a sentence each: whom or what no call is of, surcharges."""
    given = {"tenant_id": tenant, "provider_account": account, "environment": environment}
    scope = given if any(given.values()) else {name: getattr(file, name) for name in given}
    seen = store.rows(statement("reports/prices/seen"))
    found = [
        f"no call is of the {kind} {scope[column]!r}{_nearest(scope[column], {row[column] for row in seen})}"
        for column, kind in (("tenant_id", "tenant"), ("provider_account", "account"), ("environment", "environment"))
        if scope[column] and seen and scope[column] not in {row[column] for row in seen}
    ]
    used = {row["provider"] for row in seen}
    models = {name for row in seen for name in (row["request_model"], row["response_model"])}
    for one in file.lines:
        if one.discount_percent is not None and one.discount_percent < 0:
            found.append(f"{one.place.row}: a discount of {one.discount_percent} % makes prices higher")
        seller = catalogue_names.seller(one.provider)
        known = [*catalogue_names.providers(), *(catalogue_names.seller(name) for name in used)]
        if one.provider and seller not in known:
            near = _nearest(one.provider, {*catalogue_names.providers(), *used})
            found.append(f"{one.place.row}: neither the list nor any call has the provider {one.provider!r}{near}")
        elif (
            one.kind == "price"
            and one.model
            and one.model not in models
            and not catalogue_names.resolve(one.provider.lower(), [one.model]).model
        ):
            near = _nearest(one.model, {*models, *catalogue_names.sold_by(seller)})
            found.append(f"{one.place.row}: neither the list nor any call has the model {one.model!r}{near}")
    return found


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known - {""}), 2, 0.6)
    return f"; meant {' or '.join(near)}?" if near else ""


def _own_name(store: Store, name: str, scope: Mapping[str, str]) -> str:
    """The file's name, or, where the book of that name is somebody else's, that name with whose this one is."""
    for other in store.rows("SELECT * FROM price_book FINAL WHERE book = {book:String} AND NOT deleted", book=name):
        if any(other[key] != value for key, value in scope.items()):
            whose = next(filter(None, scope.values()), "everybody")
            return f"{name}-{re.sub('[/@#]', '-', whose)}"
    return name


def import_rates(store: Store, given: Path | Sequence[Rate]) -> int:
    """Put exchange rates into the database and the books' prices at them; gives how many.

    Raises:
        ImportFileError: The file cannot be taken; nothing of it was loaded.
    """
    rates = given if isinstance(given, Sequence) else read_rates(given)
    seen: dict[tuple[str, object], Rate] = {}
    for rate in rates:
        if (other := seen.setdefault((rate.currency, rate.valid_from), rate)) is not rate:
            raise rate.place.refuse(
                "valid_from", f"{other.place.row} has a rate of {rate.currency} for that day already"
            )
    store_rates(store, rates)
    follow_the_list(store)
    return len(rates)


def store_rates(store: Store, rates: Sequence[Rate]) -> None:
    """Write exchange rates; one of the same day is replaced."""
    store.insert(
        "exchange_rate",
        [
            {"currency": rate.currency, "valid_from": rate.valid_from, "usd": rate.usd, "source": rate.place.file}
            for rate in rates
        ],
    )


def rates_with(store: Store, added: Sequence[Rate]) -> Rates:
    """The exchange rates that there would be with others: by currency, with the day from which each holds."""
    rates: dict[str, dict[Any, Any]] = defaultdict(dict)
    for row in store.rows("SELECT currency, valid_from, usd FROM exchange_rate FINAL ORDER BY valid_from"):
        rates[row["currency"]][row["valid_from"]] = row["usd"]
    for rate in added:
        rates[rate.currency][rate.valid_from] = rate.usd
    return {currency: sorted(days.items()) for currency, days in rates.items()}


def follow_the_list(store: Store) -> int:
    """Make the books' prices anew from their lines, the list and the rates; gives how many books changed."""
    books = store.rows("SELECT * EXCEPT (imported_at) FROM price_book FINAL WHERE NOT deleted")
    if not books:
        return 0
    listed, rates = _listed(store), rates_with(store, [])
    changed = 0
    for about in books:
        entries = enumerate(json.loads(about["lines"]), 1)
        lines = checked([line(Place(about["origin"], f"line {n}"), entry) for n, entry in entries], listed, rates)
        changed += _write(store, about, Contract(lines, listed, rates))[1]
    return changed


def remove_book(store: Store, book: str) -> None:
    """Let a book apply no more. Its prices stay, for the calls that were priced by them.

    Raises:
        UnknownBookError: There is no such book.
    """
    found = store.rows(
        "SELECT * EXCEPT (imported_at) FROM price_book FINAL WHERE book = {book:String} AND NOT deleted", book=book
    )
    if not found:
        raise UnknownBookError(f"there is no contract book {book!r}: see 'spanledger prices books'")
    store.insert("price_book", [{**found[0], "deleted": 1}])
    remember(store, KIND, book, "removed", found[0]["origin"], _told(found[0]))


def _write(store: Store, about: Mapping[str, Any], contract: Contract) -> tuple[int, bool]:
    """Write a book and its rows; gives the models it prices, and whether anything changed.

    The rows come before the book that points at them: a stop in between leaves the book as it was.
    """
    rows = list(expand(contract))
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()[:8]
    version = f"{about['book']}@{digest}"
    before = store.value(
        "SELECT version FROM price_book FINAL WHERE book = {book:String} AND NOT deleted", book=about["book"]
    )
    models = len({(row["provider"], row["model"]) for row in rows})
    if before == version and not _scope_changed(store, about):
        return models, False
    store.insert("price_list", [_booked(row, version, about) for row in rows])
    store.insert("price_book", [{**about, "version": version}])
    remember(store, KIND, about["book"], "imported" if before is None else "changed", about["origin"], _told(about))
    return models, True


def _told(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a book says, for its history."""
    return {**{name: about[name] for name in _PRECEDENCE if about[name]}, "lines": json.loads(about["lines"])}


def _scope_changed(store: Store, about: Mapping[str, Any]) -> bool:
    [before] = store.rows("SELECT * FROM price_book FINAL WHERE book = {book:String}", book=about["book"])
    return any(before[name] != about[name] for name in (*_PRECEDENCE, "sha256"))


def _booked(row: Mapping[str, Any], version: str, about: Mapping[str, Any]) -> dict[str, Any]:
    key = PriceKey(
        version, *(row[name] for name in ("provider", "model", "valid_from", "service_tier", "speed", "region"))
    )
    return {**row, **key.columns(), "source": f"{about['origin']}, {row['source']}"}


def _listed(store: Store) -> Listed:
    return listed_prices(store.rows("SELECT * FROM price_list FINAL WHERE book = 'list' AND region = ''"))
