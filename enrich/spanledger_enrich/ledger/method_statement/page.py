"""The method statement as a page, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.method_statement.formulas import CALIBRATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spanledger_enrich.ledger.method_statement.statement import MethodStatement


def markdown(stated: MethodStatement) -> str:
    """A statement for people."""
    totals = [
        ("calls", stated.totals["calls"], None),
        ("energy, kWh, with its 90 % interval", _bounded(stated.totals, "energy_kwh"), "unknown_energy_calls"),
        (
            "location-based emissions, kgCO2e, with their 90 % interval",
            _bounded(stated.totals, "co2e_kg"),
            "unknown_co2e_calls",
        ),
        (
            "the same, with the ends of the assumptions",
            _bounded(stated.totals, "co2e_kg", ends=("least", "most")),
            "unknown_co2e_calls",
        ),
        ("market-based emissions, kgCO2e", _cell(stated.totals["co2e_market_kg"]), "unknown_market_calls"),
        ("embodied emissions, kgCO2e", _cell(stated.totals["embodied_kg"]), "unknown_embodied_calls"),
        ("water, L", _cell(stated.totals["water_l"]), "unknown_water_calls"),
    ]
    own = "; ".join(f"{name}: {', '.join(named) or 'none named'}" for name, named in stated.own_machines.items())
    chosen = ", ".join(f"{name} {value}" for name, value in stated.settings.items() if not name.startswith("own_"))
    return "\n".join(
        [
            f"# How emissions were reckoned, {stated.period['from']} to {stated.period['to']}",
            "",
            f"Half-open period, UTC. First call {_cell(stated.period['first_call'])}, last call "
            f"{_cell(stated.period['last_call'])}.",
            f"Spanledger {stated.software['spanledger']}, fingerprint `{stated.software['fingerprint']}`, of the "
            f"ledger's rows alone `{stated.software['rows']}`.",
            f"Own or leased machines besides measured hosts: {own}.",
            f"Settings: {chosen}.",
            "",
            "## Totals",
            "",
            *_table(
                ("figure", "known", "calls left out as unknown"),
                ((name, value, "" if gap is None else stated.totals[gap]) for name, value, gap in totals),
            ),
            "## Formulas",
            "",
            *(f"- **{name}:** {formula}" for name, formula in stated.formulas.items()),
            "",
            "## Coverage",
            "",
            *_section(stated.energy_coverage),
            *_section(stated.grid_coverage),
            "## Energy factors",
            "",
            *_section(_without_empty_columns(stated.energy_factors)),
            "## Uncertainty",
            "",
            _uncertain(stated),
            "",
            CALIBRATION,
            "",
            *_section(stated.uncertainty),
            "Groups of calls that err alike:",
            "",
            *_section(_without_empty_columns(stated.groups)),
            "## Measured hosts",
            "",
            *_section(stated.hosts),
            "Parts of their energy, and how each was got; an estimate is from load and rated power:",
            "",
            *_section(stated.meters),
            "## Models of unknown energy",
            "",
            *_section(stated.unknown_models),
            "## Grid intensities",
            "",
            *_section(stated.intensities),
            "Hourly intensities were imported from:",
            "",
            *_section(stated.imports),
            "Contracts on power in force:",
            "",
            *_section(stated.contracts),
            "## Where calls ran",
            "",
            *_section(stated.places),
        ]
    )


def _uncertain(stated: MethodStatement) -> str:
    factor = stated.totals["co2e_factor"]
    if factor is None:
        return "No emissions are known, or their bounds have no width."
    parts = sorted(stated.variance.items(), key=lambda item: -(item[1] or 0))
    said = ", ".join(f"{name.removesuffix('_variance')} {part:.0%}" for name, part in parts if (part or 0) >= 0.005)
    return f"Emissions: a factor of {factor:.2g} either way, at 90 %. Parts of the variance: {said}."


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
