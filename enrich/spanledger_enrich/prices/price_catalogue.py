"""Which version of genai-prices' catalogue is in force: the installed package's, or one fetched since, which is kept.

What was fetched stays in the database (`price_catalogue`), so that every process resolves models by the same catalogue,
with or without a network.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import genai_prices
import httpx
from genai_prices import data_snapshot
from genai_prices.types import _providers_from_raw  # pyright: ignore[reportPrivateUsage]
from genai_prices.update_prices import DEFAULT_UPDATE_URL

from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from spanledger_sql.store import Store

# Where genai-prices fetches its own updates.
UPDATE_URL = DEFAULT_UPDATE_URL
INSTALLED = f"genai-prices {genai_prices.__version__}"

# The source of the catalogue that this process uses.
_active = INSTALLED


class CatalogueError(MendableError):
    """The catalogue could not be fetched or read; the message says what stays in force and what to do."""


def fetch(store: Store, url: str = UPDATE_URL, timeout: float = 10.0) -> str:
    """Fetch genai-prices' newest catalogue from where its own updates come from, and keep it; gives its version.

    Raises:
        CatalogueError: The network does not allow it, or what came is no catalogue.
    """
    try:
        response = httpx.get(url, timeout=timeout, follow_redirects=True)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise CatalogueError(
            f"cannot fetch prices from {url}: {error or type(error).__name__}; prices stay as they are, of "
            f"{activate(store)}. Where there is no network, upgrade genai-prices and use 'prices sync --installed'"
        ) from None
    document = response.text
    _snapshot(document, url)
    digest = hashlib.sha256(document.encode()).hexdigest()
    now = datetime.now(UTC)
    source = f"genai-prices data {digest[:12]}, fetched {now:%Y-%m-%d}"
    known = store.rows(
        "SELECT source, loaded_at FROM price_catalogue FINAL WHERE sha256 = {digest:String}", digest=digest
    )
    if known:
        source = known[0]["source"]
    store.insert("price_catalogue", [{"source": source, "sha256": digest, "document": document, "loaded_at": now}])
    return source


def use_installed(store: Store) -> None:
    """Put the installed package's catalogue in force again."""
    store.insert(
        "price_catalogue", [{"source": INSTALLED, "sha256": "", "document": "", "loaded_at": datetime.now(UTC)}]
    )


def activate(store: Store) -> str:
    """Let this process use the catalogue in force, the one chosen last; gives its source.

    Raises:
        CatalogueError: What was kept cannot be read by this version of genai-prices.
    """
    global _active  # noqa: PLW0603  (genai-prices keeps one snapshot a process, too)
    latest = store.rows("SELECT source FROM price_catalogue FINAL ORDER BY loaded_at DESC LIMIT 1")
    source: str = latest[0]["source"] if latest else INSTALLED
    if source.startswith("genai-prices data"):
        if source != _active:
            document = store.value(
                "SELECT document FROM price_catalogue FINAL WHERE source = {source:String}", source=source
            )
            data_snapshot.set_custom_snapshot(_snapshot(document, source))
    else:
        # Of the installed catalogues, this process has its own: an upgrade of the package is one of the prices.
        source = INSTALLED
        if source != _active:
            data_snapshot.set_custom_snapshot(None)
    _active = source
    return source


def active() -> str:
    """The source of the catalogue that this process uses."""
    return _active


def is_loaded(store: Store, source: str) -> bool:
    """Whether the rows of this catalogue are in `price_list`."""
    return bool(
        store.value(
            "SELECT count() FROM price_catalogue_load WHERE source = {source:String} AND loaded_at = "
            "(SELECT max(loaded_at) FROM price_catalogue_load)",
            source=source,
        )
    )


def remember(store: Store, source: str) -> None:
    """Say that the rows of this catalogue are in `price_list`."""
    store.insert("price_catalogue_load", [{"source": source}])


def _snapshot(document: str, origin: str) -> data_snapshot.DataSnapshot:
    try:
        raw = json.loads(document)
        providers = _providers_from_raw(raw if isinstance(raw, list) else [])
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise CatalogueError(
            f"{origin}: is no catalogue that {INSTALLED} can read: {first}; prices stay as they are"
        ) from None
    if not providers:
        raise CatalogueError(f"{origin}: is no catalogue: expected a list of providers; prices stay as they are")
    return data_snapshot.DataSnapshot(providers=providers, from_auto_update=True)
