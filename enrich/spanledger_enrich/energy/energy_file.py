"""The user's own figures of energy, from CSV: coefficients of models, overhead and water of data centres, hosts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from spanledger_enrich.files.csv_table import CsvTable
from spanledger_enrich.files.import_file import ImportFileError
from spanledger_vocabulary.provider import called

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spanledger_sql.store import Store

METHOD = "own"
POLICIES = ("own", "shared", "owner")

_WHAT = (
    "columns model,wh_per_output_token (coefficients), provider,region,pue,wue (data centres) or "
    "host,idle_policy,owner,pue (hosts)"
)
# Energy of a token, by the class of tokens, and whether a file has to give it.
_TOKENS = {"per_output_token": True, "per_input_token": False, "per_cache_read_token": False, "per_request": False}
_WH_PER = {"wh": 1.0, "j": 1 / 3600}
# A data centre that needs ten times what its servers do does not exist; nor one that drinks 30 litres a kWh.
_HIGHEST_PUE, _HIGHEST_WUE = 10.0, 30.0
# Of data centres that the file says nothing of: EcoLogits' range for open weights, rounded outwards.
_WATER_L_PER_KWH = (0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class EnergyFile:
    """What a file holds: rows of one table, and what they are called."""

    path: Path
    table: str
    kind: str
    rows: list[dict[str, Any]]


def read_files(paths: Sequence[Path], default_pue: float) -> list[EnergyFile]:
    """Read and check files; nothing is stored.

    Args:
        paths: The files.
        default_pue: Facility energy / IT energy of coefficients for which the file gives none.

    Raises:
        ImportFileError: A file cannot be read, or a line of it has a value that cannot be.
    """
    return [_read(CsvTable.read(path), default_pue) for path in paths]


def record(store: Store, file: EnergyFile) -> int:
    """Store a file's rows, each in the place of the former one of the same key; gives how many."""
    store.insert(file.table, file.rows)
    return len(file.rows)


def _read(table: CsvTable, default_pue: float) -> EnergyFile:
    if "model" in table.rows:
        return EnergyFile(table.path, "energy_model", "model", _coefficients(table, default_pue))
    if "host" in table.rows:
        return EnergyFile(table.path, "energy_host", "host", _hosts(table))
    if "pue" in table.rows:
        return EnergyFile(table.path, "energy_facility", "data centre", _facilities(table))
    raise ImportFileError(
        f"{table.path}:1: the columns {', '.join(table.rows.columns[:6])} say nothing; expected {_WHAT}"
    )


def _coefficients(table: CsvTable, default_pue: float) -> list[dict[str, Any]]:
    models, providers = _named(table, "model"), _optional(table, "provider").map(called)
    keys = models.str.lower() + "@" + providers
    table.refuse(keys.duplicated(), "model", "comes twice for this provider; expected once")
    pue = table.numbers("pue", 1.0, _HIGHEST_PUE).fillna(default_pue)
    energy = {name: _energy(table, name, needed) for name, needed in _TOKENS.items()}
    water = dict(zip(("_low", "", "_high"), _WATER_L_PER_KWH, strict=True))
    rows = []
    for line in table.rows.index:
        row: dict[str, Any] = {
            "energy_id": f"{METHOD}/{providers[line]}/{models[line].lower()}",
            "method": METHOD,
            "provider": providers[line],
            "model": models[line],
            "source": _source(table, line),
        }
        for name, bounds in energy.items():
            for bound, values in bounds.items():
                # The file's figures are the host's; an entry's are the facility's.
                row[f"wh_{name}{bound}"] = float(values[line] * pue[line])
        for bound, l_per_kwh in water.items():
            row[f"pue{bound}"] = float(pue[line])
            row[f"l_per_kwh{bound}"] = l_per_kwh
        rows.append(row)
    return rows


def _energy(table: CsvTable, name: str, needed: bool) -> dict[str, pd.Series[float]]:
    """Wh at the host, by bound; without bounds of its own, a figure is taken to be exact."""
    given = [unit for unit in _WH_PER if f"{unit}_{name}" in table.rows]
    if len(given) > 1:
        raise ImportFileError(f"{table.path}:1: both wh_{name} and j_{name}; expected one of them")
    if not given:
        if needed:
            raise ImportFileError(f"{table.path}:1: no column 'wh_{name}' (or 'j_{name}'); expected {_WHAT}")
        nothing = pd.Series(0.0, table.rows.index)
        return {"_low": nothing, "": nothing, "_high": nothing}
    unit = given[0]
    column = f"{unit}_{name}"
    central = table.numbers(column)
    if needed:
        table.refuse(central.isna(), column, "expected a number")
    central = central.fillna(0.0)
    low, high = (table.numbers(f"{column}{bound}").fillna(central) for bound in ("_low", "_high"))
    for values, bound, wrong in ((low, "_low", low > central), (high, "_high", high < central)):
        if wrong.any():
            line = values[wrong].index[0]
            raise ImportFileError(
                f"{table.path}:{line}: {column}{bound}: {values[line]:g} lies on the wrong side of {column} "
                f"{central[line]:g}; nothing was imported"
            )
    return {bound: values * _WH_PER[unit] for bound, values in (("_low", low), ("", central), ("_high", high))}


def _facilities(table: CsvTable) -> list[dict[str, Any]]:
    providers = _named(table, "provider").map(called)
    regions = _optional(table, "region")
    table.refuse((providers + "@" + regions).duplicated(), "provider", "comes twice for this region; expected once")
    table.refuse(table.numbers("pue").isna(), "pue", "expected a number")
    figures = {"pue": _bounded(table, "pue", 1.0, _HIGHEST_PUE), "wue": _bounded(table, "wue", 0.0, _HIGHEST_WUE)}
    return [
        {
            "provider": providers[line],
            "cloud_region": regions[line],
            **{
                f"{name}{bound}": _or_none(values[line])
                for name, bounds in figures.items()
                for bound, values in bounds.items()
            },
            "source": _source(table, line),
        }
        for line in table.rows.index
    ]


def _bounded(table: CsvTable, name: str, at_least: float, at_most: float) -> dict[str, pd.Series[float]]:
    central = table.numbers(name, at_least, at_most)
    low, high = (table.numbers(f"{name}{bound}", at_least, at_most).fillna(central) for bound in ("_low", "_high"))
    for bound, wrong in (("_low", low > central), ("_high", high < central)):
        if wrong.any():
            table.refuse(wrong, f"{name}{bound}", f"lies on the wrong side of {name}")
    return {"_low": low, "": central, "_high": high}


def _hosts(table: CsvTable) -> list[dict[str, Any]]:
    # As samples and calls have them: names that differ by case alone are one machine's.
    hosts = _named(table, "host").str.lower()
    table.refuse(hosts.duplicated(), "host", "comes twice; expected once")
    policies = _optional(table, "idle_policy").str.lower().replace("", POLICIES[0])
    if "idle_policy" in table.rows:
        table.refuse(~policies.isin(POLICIES), "idle_policy", f"expected {', '.join(POLICIES)}")
    owners = _optional(table, "owner")
    ownerless = (policies == "owner") & (owners == "")
    if ownerless.any():
        raise ImportFileError(
            f"{table.path}:{ownerless.idxmax()}: owner: '': expected the tenant that bears the idle energy; nothing "
            "was imported"
        )
    pue = table.numbers("pue", 1.0, _HIGHEST_PUE)
    return [
        {
            "host_name": hosts[line],
            "idle_policy": policies[line],
            "owner": owners[line],
            "pue": _or_none(pue[line]),
            "source": _source(table, line),
        }
        for line in table.rows.index
    ]


def _named(table: CsvTable, column: str) -> pd.Series[str]:
    text = table.text(table.required(_WHAT, column))
    table.refuse(text == "", column, "expected a name")
    return text


def _optional(table: CsvTable, column: str) -> pd.Series[str]:
    return table.text(column) if column in table.rows else pd.Series("", table.rows.index)


def _source(table: CsvTable, line: Any) -> str:
    # A file that does not say where it is from is its own source.
    return str(_optional(table, "source")[line]) or table.path.name


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
