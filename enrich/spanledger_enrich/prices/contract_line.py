"""The lines of a contract book by the catalogue's names, with those refused that contradict each other."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from spanledger_enrich.prices import catalogue_names
from spanledger_enrich.prices.price_list import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from spanledger_enrich.prices.price_line import Line

# The list's rows of a model, by date, then by service tier and speed.
Listed = dict[tuple[str, str], dict["datetime", dict[tuple[str, str], "Mapping[str, Any]"]]]
# Rates of a currency, in the order of their days.
Rates = dict[str, list[tuple["datetime", Decimal]]]


def checked(lines: Sequence[Line], listed: Listed, rates: Rates) -> list[Line]:
    """The lines by the catalogue's names, each tier's lines for as long as the tier is committed to.

    Raises:
        ImportFileError: A name, a currency's rate or a commitment is missing, or two lines hold at once.
    """
    named = [_named(line, listed) for line in lines]
    commitments = [line for line in named if line.kind == "commitment"]
    committed = {line.committed_tier for line in commitments}
    offered = {line.committed_tier for line in named if line.kind != "commitment"}
    for line in named:
        if line.committed_tier and line.committed_tier not in committed & offered:
            lacks = "commits to it" if line.kind != "commitment" else "says what it costs"
            raise line.place.refuse("committed_tier", f"no line {lacks}: {line.committed_tier!r}")
    prices = [part for line in named if line.kind != "commitment" for part in _committed(line, commitments)]
    for line in prices:
        if line.kind == "price" and line.currency != "USD" and rate_on(rates, line.currency, line.valid_from) is None:
            raise line.place.refuse(
                "currency",
                f"there is no exchange rate of {line.currency} for {line.valid_from:%Y-%m-%d}: give it under "
                "rates, or load rates with 'spanledger prices rates'"
            )  # fmt: skip
    _refuse_contradictions(commitments + prices)
    return prices


def grouped(lines: Iterable[Line]) -> list[list[Line]]:
    """Lines that together are one entry: its context tiers and its units, the base first."""
    groups: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in lines:
        groups[_group_key(line)].append(line)
    return [sorted(group, key=lambda line: line.above_tokens) for group in groups.values()]


def rate_on(rates: Rates, currency: str, day: datetime) -> Decimal | None:
    """What one unit of a currency is worth in USD on a day; None where no rate is known by then."""
    known = [usd for valid_from, usd in rates.get(currency, []) if valid_from <= max(day, ALWAYS)]
    return known[-1] if known else None


def _refuse_contradictions(lines: Sequence[Line]) -> None:
    by_key: dict[tuple[object, ...], list[Line]] = defaultdict(list)
    for line in _in_groups(lines):
        by_key[_key(line)].append(line)
    for same in by_key.values():
        same.sort(key=lambda line: line.valid_from)
        for first, second in itertools.pairwise(same):
            if first.valid_to is None or second.valid_from < first.valid_to:
                what = second.model or second.provider or "everything"
                raise second.place.refuse(
                    "valid_from",
                    f"it overlaps with {first.place.row}, which says another thing of {what} from "
                    f"{first.valid_from:%Y-%m-%d} on; end one with valid_to",
                )


def _named(line: Line, listed: Listed) -> Line:
    """The line by the catalogue's names of its provider and model."""
    if not line.provider:
        return line
    seller = catalogue_names.seller(line.provider)
    sold = catalogue_names.sold_by(seller)
    if not line.model:
        if line.kind == "discount" and not sold:
            raise line.place.refuse("provider", f"the list knows no {line.provider!r}, so there is nothing to discount")
        return replace(line, provider=seller)
    if line.model in sold:
        return replace(line, provider=seller)
    entry = catalogue_names.resolve(line.provider, [line.model])
    if entry.model and (entry.provider, entry.model) in listed:
        return replace(line, provider=seller, model=entry.model)
    if line.kind == "discount":
        near = ", ".join(catalogue_names.nearest(line.model, line.provider)) or "none"
        raise line.place.refuse(
            "model",
            f"the list has no {line.model!r} of {line.provider!r}, so there is nothing to discount; nearest: {near}",
        )
    return replace(line, provider=seller)


def _committed(line: Line, commitments: Sequence[Line]) -> Iterator[Line]:
    """The line for the periods in which its tier is the one committed to; itself where it is of no tier."""
    if not line.committed_tier:
        yield line
        return
    periods = [
        one for one in commitments
        if one.committed_tier == line.committed_tier and one.provider in {"", line.provider}
    ]  # fmt: skip
    for one in periods:
        begin = max(line.valid_from, one.valid_from)
        ends = [end for end in (line.valid_to, one.valid_to) if end is not None]
        if not ends or begin < min(ends):
            yield replace(line, valid_from=begin, valid_to=min(ends, default=None))


def _key(line: Line) -> tuple[object, ...]:
    # Two commitments to different tiers of one provider contradict each other, too.
    if line.kind == "commitment":
        return ("commitment", line.provider)
    return ("price", line.provider, line.model, line.service_tier, line.speed, line.region)


def _group_key(line: Line) -> tuple[object, ...]:
    return (*_key(line), line.kind, line.committed_tier, line.currency, line.valid_from, line.valid_to)


def _in_groups(lines: Sequence[Line]) -> list[Line]:
    """One line for each group, so that tiers and units of one entry do not contradict each other.

    Raises:
        ImportFileError: Two lines of an entry say the same thing, or its base is missing.
    """
    first = []
    for group in grouped(lines):
        said: dict[tuple[int, str], Line] = {}
        for line in group:
            if (other := said.setdefault((line.above_tokens, line.unit), line)) is not line:
                raise line.place.refuse(
                    "valid_from", f"it overlaps with {other.place.row}: the same thing is said twice for one time"
                )
        if group[0].above_tokens:
            raise group[0].place.refuse("above_tokens", "there is no line for shorter prompts; expected one with 0")
        first.append(group[0])
    return first
