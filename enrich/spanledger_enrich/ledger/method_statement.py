"""The method statement: how a period's emissions were got, for an auditor, as Markdown and JSON.

It says nothing of when it was made, and its sums do not depend on the order of rows, so the same ledger gives the same
text.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.methods import methods
from spanledger_sql.result_frame import known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spanledger_settings.configuration import Configuration
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store

_FORMULAS = {
    "energy": "of a model Wh = (wh_per_output_token x output + wh_per_input_token x uncached input + "
    "wh_per_cache_read_token x cache reads + wh_per_request) x pue of the place / pue of the entry (1 where nobody "
    "gave the place's); by EcoLogits' method less, before the pue, the mean over low and high of wh_per_second x "
    "seconds by which the call was shorter than seconds_per_output_token x output + seconds_per_request, but not of "
    "spans that end before their stream (5 tokens a ms). Of a metered host its share of the samples x pue of the "
    "host, else of the place, else default_pue; so is idle energy, which is in the totals",
    "location-based": "gCO2e = Wh / 1000 x intensity of the zone in the call's hour (gCO2e/kWh)",
    "market-based": "gCO2e = Wh / 1000 x the factor of the contracts in force at the call's moment in its zone or its "
    "country, for its provider, or for none: those are for own machines (measured, named or server software), and a "
    "residual mix for all. Factor: the sum of share x g_per_kwh over certificates and PPAs, over the sum of shares "
    "where these exceed 1; the rest has the supplier factor, else the residual mix, the provider's before all "
    "providers' and the zone's before the country's, else the location-based intensity. Volumes are in no row. Beside "
    "the location-based, never netted",
    "embodied": "gCO2e of making the hardware, the call's share: embodied_g_per_output_token x output + "
    "embodied_g_per_input_token x uncached input + embodied_g_per_request, by EcoLogits' method less that of the "
    "seconds by which the call was shorter, as its energy; in no other figure. Idle hosts have none",
    "water": "mL = Wh x (l_per_kwh of the place, else of the entry, + power_l_per_kwh of the place); by EcoLogits' "
    "method the mean of that product's low and high",
    "interval": "90 %: exp(ln M - v / 2 +- 1.645 sqrt(v)). M = sum of f, f = S x exp((t + z^2 + g^2) / 2), over "
    "groups of one entry, provider, zone and resolution; S the group's middle, t the sum of its shared terms' "
    "variances, z the calls' own, g the grid's (of emissions alone); v = sum of f f' C / M^2 over pairs of groups, "
    "C the variances of the terms that both share (see shared by), plus sum of f^2 z^2 (sum of squares) / (sum)^2 / "
    "M^2. The input's term is the group's input_sigma. Of own coefficients and measured hosts the ends are the "
    "interval as they stand",
    "price": "energy above paid_wh is ruled out: with a = ln(paid_wh / S of energy) / sqrt(t), at least -3, and r = "
    "phi(a) / Phi(a) of the normal distribution, S becomes S x exp(-sqrt(t) r), t becomes k t and each C but the "
    "grid's sqrt(k k') C, k = 1 - a r - r^2",
    "ends of the assumptions": "of the energy; sums of them are as if all calls erred the same way and as far as can "
    "be. The method's own error and the grid's are in the interval and not in them, so that it may be the wider one. "
    "energy_bounds envelope: of models with two methods the lower low and the higher high of both, but no more "
    "than a priced call's cost can pay for; of the method that is not booked (role bounds) the low is as if the "
    "answer had come at once, less wh_per_second_low x all its seconds, the high as if it had taken its time. "
    "method: those of energy_method",
    "meters": "measured energy is a share of what processor, accelerators and memory drew; the parts that are "
    "estimates are said below. Fans, power supplies, disks and network are in no sample, and in the upper end",
    "hours": "an hour without an intensity has that of the day before, else the mean of the month's hours where half "
    "of them are known, else its country's by the same rule, else a year's; the source says which",
    "unknown": "is in no sum, and counted beside it",
    "SCI (ISO/IEC 21031:2024)": "((E x I) + M) / R, location-based, over the calls of which E, I and M are known",
    "GHG Protocol": "own or leased machines: Scope 2, their hardware Scope 3 category 2; API use: Scope 3 category 1",
}
# How well intervals hold, of docs/hosted_figures.csv: a test computes it anew.
CALIBRATION = (
    "Checked against 57 published figures of hosted models, each with the terms that were fitted to the other studies: "
    "the 90 % interval holds 50 of them (88 %); its median width is x33, the widest x79. 42 of the figures are one "
    "study's, and how the terms are fitted was chosen with all of them in view: other choices hold 84 to 88 %."
)
# What `statement/interval` has of each group, in its order.
_GROUP = (
    "energy_id", "provider", "zone", "intensity_resolution", "calls", "energy_wh", "co2e_g", "energy_wh_squared",
    "co2e_g_squared", "middle_wh", "middle_g", "input_sigma", "parameters_sigma", "grid_sigma", "meters_sigma",
    "paid_wh",
)  # fmt: skip
QUERIES = tuple(
    f"reports/{name}"
    for name in (
        "statement/totals", "statement/interval", "statement/uncertainty", "statement/contracts", "energy/hosts",
        "statement/meters", "statement/energy", "statement/grid", "statement/unknown_models", "statement/places",
        "statement/imports",
    )
)  # fmt: skip
_METHODS = ("measured", "modelled", "proxy", "unknown")
_RESOLUTIONS = ("hour", "previous day", "month", "year", "unknown")
# Sums carry twelve decimals; more digits than these are beyond what any method knows.
_DIGITS = 9


@dataclass(frozen=True, slots=True)
class MethodStatement:
    """What an auditor asks about a period. Energy in kWh, emissions in kgCO2e, water in litres; None is unknown.

    Attributes:
        period: The half-open period, UTC, and the first and last call in it.
        software: Spanledger's version; a fingerprint of the period's rows and of what they rest on: energy factors,
            terms of uncertainty, settings, contracts, metered hosts; and one of the rows alone.
        totals: Sums of what is known, and the calls that each leaves out.
        energy_coverage: By method: calls, their share, kWh, and its share.
        grid_coverage: By resolution of the intensity: the same.
        energy_factors, unknown_models, intensities, places: What the figures rest on, a dictionary a row.
        own_machines: The providers and hosts that the configuration names as own or leased.
        settings: What the configuration chooses among methods today; rows of another choice stay until restated.
        imports, contracts, hosts, meters: Where hourly intensities come from, contracts in force, metered hosts, and
            how each part of these was got, a dictionary a row.
        variance: The parts of the variance of the emissions, by cause.
        uncertainty, groups: What intervals follow from: the terms, and the groups of calls that err alike.
    """

    period: dict[str, Any]
    software: dict[str, Any]
    totals: dict[str, Any]
    formulas: dict[str, str]
    energy_coverage: list[dict[str, Any]]
    grid_coverage: list[dict[str, Any]]
    energy_factors: list[dict[str, Any]]
    unknown_models: list[dict[str, Any]]
    intensities: list[dict[str, Any]]
    places: list[dict[str, Any]]
    own_machines: dict[str, list[str]]
    settings: dict[str, Any]
    imports: list[dict[str, Any]]
    contracts: list[dict[str, Any]]
    hosts: list[dict[str, Any]]
    meters: list[dict[str, Any]]
    variance: dict[str, Any]
    uncertainty: list[dict[str, Any]]
    groups: list[dict[str, Any]]

    def json(self) -> str:
        """All of it, as one JSON object."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False)

    def markdown(self) -> str:
        """All of it, for people."""
        totals = [
            ("calls", self.totals["calls"], None),
            ("energy, kWh, with its 90 % interval", _bounded(self.totals, "energy_kwh"), "unknown_energy_calls"),
            (
                "location-based emissions, kgCO2e, with their 90 % interval",
                _bounded(self.totals, "co2e_kg"),
                "unknown_co2e_calls",
            ),
            (
                "the same, with the ends of the assumptions",
                _bounded(self.totals, "co2e_kg", ends=("least", "most")),
                "unknown_co2e_calls",
            ),
            ("market-based emissions, kgCO2e", _cell(self.totals["co2e_market_kg"]), "unknown_market_calls"),
            ("embodied emissions, kgCO2e", _cell(self.totals["embodied_kg"]), "unknown_embodied_calls"),
            ("water, L", _cell(self.totals["water_l"]), "unknown_water_calls"),
        ]
        own = "; ".join(f"{name}: {', '.join(named) or 'none named'}" for name, named in self.own_machines.items())
        chosen = ", ".join(f"{name} {value}" for name, value in self.settings.items() if not name.startswith("own_"))
        return "\n".join(
            [
                f"# How emissions were reckoned, {self.period['from']} to {self.period['to']}",
                "",
                f"Half-open period, UTC. First call {_cell(self.period['first_call'])}, last call "
                f"{_cell(self.period['last_call'])}.",
                f"Spanledger {self.software['spanledger']}, fingerprint `{self.software['fingerprint']}`, of the "
                f"ledger's rows alone `{self.software['rows']}`.",
                f"Own or leased machines besides measured hosts: {own}.",
                f"Settings: {chosen}.",
                "",
                "## Totals",
                "",
                *_table(
                    ("figure", "known", "calls left out as unknown"),
                    ((name, value, "" if gap is None else self.totals[gap]) for name, value, gap in totals),
                ),
                "## Formulas",
                "",
                *(f"- **{name}:** {formula}" for name, formula in self.formulas.items()),
                "",
                "## Coverage",
                "",
                *_section(self.energy_coverage),
                *_section(self.grid_coverage),
                "## Energy factors",
                "",
                *_section(_without_empty_columns(self.energy_factors)),
                "## Uncertainty",
                "",
                self._uncertain(),
                "",
                CALIBRATION,
                "",
                *_section(self.uncertainty),
                "Groups of calls that err alike:",
                "",
                *_section(_without_empty_columns(self.groups)),
                "## Measured hosts",
                "",
                *_section(self.hosts),
                "Parts of their energy, and how each was got; an estimate is from load and rated power:",
                "",
                *_section(self.meters),
                "## Models of unknown energy",
                "",
                *_section(self.unknown_models),
                "## Grid intensities",
                "",
                *_section(self.intensities),
                "Hourly intensities were imported from:",
                "",
                *_section(self.imports),
                "Contracts on power in force:",
                "",
                *_section(self.contracts),
                "## Where calls ran",
                "",
                *_section(self.places),
            ]
        )

    def _uncertain(self) -> str:
        factor = self.totals["co2e_factor"]
        if factor is None:
            return "No emissions are known, or their bounds have no width."
        parts = sorted(self.variance.items(), key=lambda item: -(item[1] or 0))
        said = ", ".join(f"{name.removesuffix('_variance')} {part:.0%}" for name, part in parts if (part or 0) >= 0.005)
        return f"Emissions: a factor of {factor:.2g} either way, at 90 %. Parts of the variance: {said}."


def method_statement(store: Store, asked: Period, settings: Configuration) -> MethodStatement:
    """State how the figures of the period ``asked`` were got."""
    bounds = asked.bounds
    kind = {"signal": settings.grid_signal, "basis": settings.grid_basis}
    (totals,) = _rows(store, "statement/totals", bounds)
    (interval,) = _rows(store, "statement/interval", bounds)
    variance = {name: interval.pop(name) for name in list(interval) if name.endswith("_variance")}
    groups = [dict(zip(_GROUP, map(_plain, group), strict=True)) for group in interval.pop("groups")]
    uncertainty = _rows(store, "statement/uncertainty", {})
    contracts, hosts = _rows(store, "statement/contracts", bounds), _rows(store, "energy/hosts", bounds)
    meters = _rows(store, "statement/meters", bounds)
    energy = _rows(store, "statement/energy", {**bounds, "energy_bounds": settings.energy_bounds})
    rests_on = (energy, methods(settings), uncertainty, contracts, hosts, meters)
    grid = _rows(store, "statement/grid", bounds)
    return MethodStatement(
        period={
            "from": f"{asked.begin:%Y-%m-%dT%H:%M:%SZ}",
            "to": f"{asked.end:%Y-%m-%dT%H:%M:%SZ}",
            "first_call": totals.pop("first_call"),
            "last_call": totals.pop("last_call"),
        },
        software={
            "spanledger": importlib.metadata.version("spanledger"),
            "fingerprint": _fingerprint(totals["fingerprint"], *rests_on),
            "rows": totals.pop("fingerprint"),
        },
        totals={_per_thousand(name): _thousandth(name, value) for name, value in (totals | interval).items()},
        formulas=dict(_FORMULAS),
        energy_coverage=_coverage(energy, "energy_method", _METHODS),
        grid_coverage=_coverage(grid, "intensity_resolution", _RESOLUTIONS),
        energy_factors=[_kilo(row) for row in energy if row["energy_id"]],
        unknown_models=_rows(store, "statement/unknown_models", bounds),
        intensities=[_kilo(row) for row in grid],
        places=_rows(store, "statement/places", bounds),
        own_machines={"providers": sorted(settings.own_providers), "hosts": sorted(settings.own_hosts)},
        settings=methods(settings),
        imports=_rows(store, "statement/imports", {**bounds, **kind}),
        contracts=contracts,
        hosts=hosts,
        meters=meters,
        variance=variance,
        uncertainty=uncertainty,
        groups=groups,
    )


def _fingerprint(rows: str, *rests_on: object) -> str:
    """16 hex digits over all that the figures are and rest on."""
    text = json.dumps([rows, *rests_on], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rows(store: Store, name: str, bounds: Mapping[str, object]) -> list[dict[str, Any]]:
    frame = store.frame(f"reports/{name}", **bounds)
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: object) -> object:
    value = known(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _coverage(rows: Iterable[dict[str, Any]], key: str, values: Sequence[str]) -> list[dict[str, Any]]:
    """Calls and energy of each value, with their shares of all; of those that occur, and of what is expected."""
    counted = list(rows)
    calls = sum(row["calls"] for row in counted)
    energy = sum(row["energy_wh"] or 0 for row in counted)
    found = dict.fromkeys([*values, *sorted(row[key] for row in counted)])
    covered = []
    for value in found:
        part = [row for row in counted if row[key] == value]
        part_calls, part_energy = sum(row["calls"] for row in part), sum(row["energy_wh"] or 0 for row in part)
        covered.append(
            {
                key: value,
                "calls": part_calls,
                "share_of_calls": round(part_calls / calls, 6) if calls else None,
                "energy_kwh": _plain(part_energy / 1000),
                "share_of_energy": round(part_energy / energy, 6) if energy else None,
            }
        )
    return covered


def _per_thousand(name: str) -> str:
    for unit, thousand in (("_wh", "_kwh"), ("_g", "_kg"), ("_ml", "_l")):
        if name.endswith(unit) or f"{unit}_" in name:
            return name.replace(unit, thousand)
    return name


def _thousandth(name: str, value: Any) -> Any:
    return value if value is None or _per_thousand(name) == name else _plain(value / 1000)


def _kilo(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its sums in kWh and kgCO2e; coefficients stay in Wh."""
    sums = ("energy_wh", "co2e_g")
    return {
        (_per_thousand(name) if name in sums else name): (_thousandth(name, value) if name in sums else value)
        for name, value in row.items()
    }


def _bounded(totals: dict[str, Any], name: str, ends: tuple[str, str] = ("low", "high")) -> str:
    central, low, high = (_cell(totals[key]) for key in (name, *(f"{name}_{end}" for end in ends)))
    return f"{central} ({low} to {high})"


def _section(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return ["None.", ""]
    return _table((name.replace("_", " ") for name in rows[0]), (row.values() for row in rows))


def _without_empty_columns(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Coefficients that are nil in all rows belong to methods that none of them uses."""
    used = [name for name in rows[0] if any(row[name] for row in rows)] if rows else []
    return [{name: row[name] for name in used} for row in rows]


def _table(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    heads = list(names)
    return [
        f"| {' | '.join(heads)} |",
        f"|{'---|' * len(heads)}",
        *(f"| {' | '.join(_cell(value).replace('|', '/') for value in row)} |" for row in rows),
        "",
    ]


def _cell(value: Any) -> str:
    """Six digits of a figure, unknown as a dash; nothing of it is lost in the JSON."""
    if value is None:
        return "–"
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
