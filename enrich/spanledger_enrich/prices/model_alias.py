"""What the user says about models: which model of a price book a reported name means, and which models are free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spanledger_enrich.prices import catalogue_names, price_catalogue
from spanledger_enrich.prices.catalogue_names import PriceEntry
from spanledger_settings.mendable import AskedWronglyError, MendableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanledger_sql.store import Store

# The entry that prices what the user declared free (migration 0005).
FREE = PriceEntry("", "free", "the user says that it is free")

# Gateways at which a name that ends in `:free` is that of a variant without a price: https://openrouter.ai/docs/faq
_OFFER_FREE = frozenset({"openrouter"})


class AliasError(MendableError):
    """An alias names no model that has a price; the message says which are near."""


class UnknownAliasError(AliasError, AskedWronglyError):
    """Nothing was said of that model."""


@dataclass(frozen=True)
class PriceNames:
    """What a reported model is looked up in beside the list: the user's aliases, and contract books' own models."""

    aliases: dict[tuple[str, str], PriceEntry]
    contract_models: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, store: Store) -> PriceNames:
        """The names as the database has them now, by the catalogue that is in force now."""
        price_catalogue.activate(store)
        aliases = {
            (row["provider"], row["model"]): FREE
            if row["free"]
            else PriceEntry(row["price_provider"], row["price_model"], "named by the user's alias")
            for row in store.rows("SELECT * FROM model_alias FINAL WHERE NOT deleted")
        }
        models = store.rows("SELECT DISTINCT provider, model FROM price_list WHERE book NOT IN ('list', 'free')")
        return cls(aliases, frozenset((row["provider"], row["model"]) for row in models))

    def resolve(self, provider: str, models: Iterable[str]) -> PriceEntry:
        """The entry that prices a call: the user's word before the list, and the list before a contract's own models.

        Args:
            provider: The provider as the span names it, lower case; may be empty.
            models: Model names as reported: the response's before the request's.
        """
        names = [name for name in dict.fromkeys(models) if name]
        # A deployment's name is what was asked for, so the user's word counts wherever it is.
        seller = catalogue_names.seller(provider)
        for name in names:
            for at in (provider, seller, ""):
                if entry := self.aliases.get((at, name.lower())):
                    return replace(entry, seller=seller or entry.provider)
        if seller in _OFFER_FREE and any(name.endswith(":free") for name in names):
            return replace(FREE, note="a variant that costs nothing, by its name", seller=seller)
        listed = catalogue_names.resolve(provider, names)
        if listed.model:
            return listed
        for name in names:
            for publisher, written in catalogue_names.spellings(seller or None, name):
                who = catalogue_names.seller(publisher or "")
                if (who, written.lower()) in self.contract_models:
                    return PriceEntry(who, written.lower(), "known to a contract book alone", who)
        return listed


def set_alias(store: Store, name: str, target: str, *, provider: str = "") -> PriceEntry:
    """Say that the reported model ``name`` is priced as ``target``, a model or provider/model of a price book.

    Raises:
        AliasError: No price book knows ``target``.
    """
    entry = _target(store, target)
    _write(store, name, provider, price_provider=entry.provider, price_model=entry.model)
    return entry


def set_free(store: Store, name: str, *, provider: str = "") -> None:
    """Say that calls of the reported model ``name`` cost nothing."""
    _write(store, name, provider, free=1)


def remove_alias(store: Store, name: str, *, provider: str = "") -> None:
    """Take back what was said about ``name``.

    Raises:
        AliasError: Nothing was said about it.
    """
    known = store.value(
        "SELECT count() FROM model_alias FINAL WHERE provider = {provider:String} AND model = {model:String} "
        "AND NOT deleted",
        provider=provider.lower(),
        model=name.lower(),
    )
    if not known:
        raise UnknownAliasError(
            f"there is no alias {name!r} of provider {provider or '(any)'!r}: see 'spanledger prices alias'"
        )
    _write(store, name, provider, deleted=1)


def _target(store: Store, target: str) -> PriceEntry:
    provider, slash, model = target.partition("/")
    candidates = [("", target)] if not slash else [(provider.lower(), model), ("", target)]
    known = store.rows(
        "SELECT DISTINCT provider, model FROM price_list "
        "WHERE book != 'free' AND (provider, model) IN {names:Array(Tuple(String, String))}",
        names=[(at, name) for at, name in candidates if at] or [("", "")],
    )
    if known:
        return PriceEntry(known[0]["provider"], known[0]["model"])
    for at, name in candidates:
        entry = catalogue_names.resolve(at, [name])
        if entry.model:
            return entry
    near = ", ".join(catalogue_names.nearest(model or target, provider)) or "none"
    raise AliasError(f"no price book knows {target!r}; expected a model or provider/model, the nearest are: {near}")


def _write(
    store: Store,
    name: str,
    provider: str,
    *,
    price_provider: str = "",
    price_model: str = "",
    free: int = 0,
    deleted: int = 0,
) -> None:
    store.insert(
        "model_alias",
        [
            {
                "provider": provider.lower(),
                "model": name.lower(),
                "price_provider": price_provider,
                "price_model": price_model,
                "free": free,
                "deleted": deleted,
            }
        ],
    )
