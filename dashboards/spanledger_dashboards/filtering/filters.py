"""What the reader narrowed the pages to, as reports take it, as addresses hold it, and in words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from spanledger_dashboards.drawing.plain_text import isolated, unturned
from spanledger_dashboards.filtering import dimension
from spanledger_dashboards.filtering.period_choice import Grain, grain_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from spanledger_dashboards.moment import Moment
    from spanledger_settings.period import Period

_TOLD = 3


@dataclass(frozen=True)
class Filters:
    """The period, what of the calls is asked for (nothing said means all), and the moment that the figures are of.

    Attributes:
        period: Of the calls; its time zone is that of days.
        before: The period to compare with: as far as this one has passed, where it is not over.
        tenants: Whose calls.
        moment: The state of the ledger.
        own: The dimension of one's own that the pages show, or ''.
        own_values: Those of its values that they are narrowed to; '' of calls that say none.
        where: The values of other dimensions, by the names of `dimension.DIMENSIONS`; '' of calls that say none.
        grain_choice: How finely trends are drawn, or '': as suits the period.
        address: The parameters of the page's address that say all this.
        version: The moment since which no call of these periods was written to, as the reports' parameter; '' where
            that is not known.
        alone: The tenant whose rows alone the reader may see, or ''.
    """

    period: Period
    before: Period
    tenants: tuple[str, ...]
    moment: Moment
    own: str = ""
    own_values: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grain_choice: Grain | None = None
    address: Mapping[str, Sequence[str]] = field(default_factory=dict)
    version: str = ""
    alone: str = ""

    @property
    def grain(self) -> Grain:
        """How finely trends are drawn."""
        return grain_of(self.period, self.grain_choice)

    @property
    def timezone(self) -> str:
        """The time zone of days, hours and months."""
        return self.period.timezone

    @property
    def parameters(self) -> dict[str, Any]:
        """What `report` needs to know of any report: what one does not take is left out.

        ``from``, ``to``, ``timezone``, ``grain``, ``tenants``, ``own``, ``own_values``, ``where`` and ``moment``; by
        ``as_of`` reports are remembered that know no moment.
        """
        return {**self.period.bounds, **self._rest}

    @property
    def previous_parameters(self) -> dict[str, Any]:
        """The same for the period to compare with."""
        return {**self.before.bounds, **self._rest}

    @property
    def _rest(self) -> dict[str, Any]:
        where = [name for name, values in self.where.items() if values]
        return {
            "timezone": self.timezone,
            "grain": self.grain,
            "tenants": list(self.tenants),
            "own": self.own,
            "own_values": list(self.own_values),
            "where": [*where, *(f"{name}={value}" for name in where for value in self.where[name])],
            "moment": self.version or self.moment.parameter,
            "as_of": self.moment.parameter,
        }

    @property
    def narrowed(self) -> bool:
        """Whether the figures are of a part of the calls only."""
        return bool(self.tenants or self.own_values or any(self.where.values()))

    def heeded_by(self, taken: Collection[str]) -> Filters:
        """What of these filters a report narrows calls by, which takes these parameters."""
        return replace(
            self,
            tenants=self.tenants if "tenants" in taken else (),
            own_values=self.own_values if "own_values" in taken else (),
            where=self.where if "where" in taken else {},
        )

    def named(self, dimensions: Sequence[str]) -> dict[str, str]:
        """The dimensions that figures can be shown by, and the reader's own, with the reports' words for them."""
        own = {self.own: "own"} if self.own and self.own not in dimensions else {}
        return {name: name for name in dimensions} | own

    def link(self, page: str, **narrowed: str | Sequence[str]) -> str:
        """The address of a page with these filters, and narrowed further: what rows and bars lead to.

        Args:
            page: Its ``url_path``; '' for the page that one is on.
            narrowed: By name, as addresses have it: `tenants`, `feature`, `period` ...; values as readers see them.
        """
        asked = {**self.address, **{name: [each] if isinstance(each, str) else each for name, each in narrowed.items()}}
        return f"{page}?{urlencode(asked, doseq=True)}"

    def drill(self, page: str, by: str, value: str) -> str | None:
        """The address of a page narrowed to one value of a dimension, as readers see it; None where there is none.

        Args:
            page: Its ``url_path``.
            by: `tenant`, a name of `dimension.DIMENSIONS`, or `own`.
            value: Such as ``northwind``, ``(no feature)`` or ``(unattributed)``.
        """
        value = unturned(value)  # as the fields have it
        if by == "tenant":
            return None if value in ("(all others)", "(idle)") else self.link(page, tenants=value)
        if by == "own" and self.own and value not in ("(all others)", "(idle)"):
            return self.link(page, **{f"own_{self.own}": value})
        known = by in dimension.BY_NAME and value not in ("(all others)", "(idle)", "(unattributed)")
        return self.link(page, **{by: value}) if known else None

    def __str__(self) -> str:
        """For `escape`: names keep to their places, also those that are written from the right."""
        return " · ".join([self.period.days, self.period.timezone, *self._told(isolated)])

    @property
    def told(self) -> list[str]:
        """Which calls are asked for, in words, names as they are."""
        return self._told(str)

    def _told(self, name: Callable[[str], str]) -> list[str]:
        tenants = ", ".join(map(name, self.tenants)) if len(self.tenants) <= _TOLD else f"{len(self.tenants)} tenants"
        others = [
            _listed(dimension.title(asked), [name(dimension.BY_NAME[asked].shown(value)) for value in values])
            for asked, values in self.where.items()
            if values
        ]
        own = (
            [_listed(name(self.own), [name(value or f"(no {self.own})") for value in self.own_values])]
            if self.own_values
            else []
        )
        return [tenants or (f"{name(self.alone)} alone" if self.alone else "all tenants"), *others, *own]


def _listed(title: str, values: Sequence[str]) -> str:
    more = f" and {len(values) - _TOLD} more" if len(values) > _TOLD else ""
    return f"{title}: {', '.join(values[:_TOLD])}{more}"
