"""Providers: their names, the hosts of their APIs, and whether the user runs them himself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from spanledger_vocabulary.row_file import FOLDER, Once, read

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = (
    "name", "aliases", "hosts", "runs", "models", "sdk_clients", "catalogue", "makers", "data_centres",
)  # fmt: skip
_HOST: Final = re.compile(r"(\*-)?[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True)
class Provider:
    """Who answers calls. README.md says what each column holds."""

    name: str
    aliases: tuple[str, ...]
    hosts: tuple[str, ...]
    is_api: bool
    models: str
    sdk_clients: tuple[str, ...]
    catalogue: str
    makers: tuple[str, ...]
    data_centres: str


@cache
def providers() -> tuple[Provider, ...]:
    """All of them, in the file's order."""
    return read_providers(FOLDER / "provider.csv")


def named(name: str) -> Provider | None:
    """The provider of this name or alias, in whatever case."""
    return _by_name().get(name.lower())


def called(name: str) -> str:
    """The name that calls have of this provider, of whatever name or alias; in lower case of one that nobody knows."""
    known = named(name)
    return known.name if known else name.lower()


def told_by(model: str) -> Provider | None:
    """The provider that a model's name tells where nothing else does."""
    return next((one for one in providers() if one.models and re.match(f"(?:{one.models})", model)), None)


def at(host: str) -> Provider | None:
    """The provider whose API is at this host: the one with the longest host that is it or above it."""
    labels = host.lower().partition(":")[0].rstrip(".").split(".")
    known = _by_host()
    for start in range(len(labels)):
        end = ".".join(labels[start:])
        # A region before the service: us-central1-aiplatform is *-aiplatform.
        if provider := known.get(end) or known.get(re.sub(r"^[^.]*-", "*-", end)):
            return provider
    return None


def called_by(client: str) -> Provider | None:
    """The provider that a class of the openai or anthropic SDK calls, where it is made for one."""
    return next((provider for provider in providers() if client in provider.sdk_clients), None)


def read_providers(path: Path) -> tuple[Provider, ...]:
    """The providers of a file.

    Raises:
        VocabularyError: A row cannot be.
    """
    names, hosts, clients = Once(), Once(), Once()
    found = []
    for row in read(path, COLUMNS):
        provider = Provider(
            name=row.word("name"),
            aliases=row.words("aliases"),
            hosts=row.words("hosts"),
            is_api=row.one_of("runs", ("api", "server")) == "api",
            models=row.text("models"),
            sdk_clients=row.words("sdk_clients"),
            catalogue=row.text("catalogue"),
            makers=row.words("makers"),
            data_centres=row.text("data_centres"),
        )
        for column, values in (("name", (provider.name,)), ("aliases", provider.aliases)):
            for value in values:
                if value != value.lower():
                    raise row.refuse(column, f"expected lower case, found {value!r}")
                names.take(row, column, value)
        for host in provider.hosts:
            if not _HOST.fullmatch(host):
                raise row.refuse("hosts", f"expected a host such as api.example.com, found {host!r}")
            hosts.take(row, "hosts", host)
        for client in provider.sdk_clients:
            clients.take(row, "sdk_clients", client)
        if provider.hosts and not provider.is_api:
            raise row.refuse("hosts", "a server of the user's own has no host that is known beforehand")
        try:
            re.compile(provider.models)
        except re.error as error:
            raise row.refuse("models", f"{provider.models!r} is no regular expression: {error}") from None
        found.append(provider)
    return tuple(found)


@cache
def _by_name() -> dict[str, Provider]:
    return {name: provider for provider in providers() for name in (provider.name, *provider.aliases)}


@cache
def _by_host() -> dict[str, Provider]:
    return {host: provider for provider in providers() for host in provider.hosts}
