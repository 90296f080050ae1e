"""The method statement: how a period's emissions were got, for an auditor.

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

from spanledger_enrich.ledger.method_statement.formulas import FORMULAS
from spanledger_enrich.ledger.methods import methods
from spanledger_sql.result_frame import known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spanledger_settings.configuration import Configuration
    from spanledger_settings.period import Period
    from spanledger_sql.store import Store

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
        formulas=dict(FORMULAS),
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
