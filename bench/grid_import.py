"""Seconds to import a year of hourly intensities of 50 zones: 439,200 hours, life cycle and direct.

Bar: seconds. Once into an empty database, again unchanged, and with a tenth of the hours corrected.

    python bench/grid_import.py --zones 50
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from spanledger_enrich.grid.grid_record import Recorded, record
from spanledger_enrich.grid.sources.grid_file import read_files
from spanledger_enrich.grid.zone_name import zone_names
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_DIRECT = "Carbon Intensity gCO₂eq/kWh (direct)"
_LIFECYCLE = "Carbon Intensity gCO₂eq/kWh (LCA)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zones", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [_download(Path(folder), zone) for zone in list(zone_names())[: options.zones]]
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        with Store.open(load(data_dir=Path(folder) / "data"), exclusive=True) as store:
            migrate(store)
            print(f"{len(paths)} files, {megabytes:.0f} MB")
            print(f"{'import':<40} {'check, s':>9} {'store, s':>9} {'values/s':>9}")
            _report(store, paths, "all new")
            _report(store, paths, "all unchanged")
            for path in paths:
                table = pd.read_csv(path, dtype={"Zone Id": str}, keep_default_na=False)
                table.loc[::10, _LIFECYCLE] += 1
                table.to_csv(path, index=False)
            _report(store, paths, "a tenth of the life-cycle hours corrected")


def _report(store: Store, paths: list[Path], what: str) -> None:
    begin = time.perf_counter()
    files = read_files(paths)
    checked = time.perf_counter()
    total = Recorded()
    for file in files:
        total += record(store, file.hours, file.path.name)
    stored = time.perf_counter()
    rate = (total.new + total.corrected + total.unchanged) / (stored - begin)
    print(f"{what:<40} {checked - begin:>9.2f} {stored - checked:>9.2f} {rate:>9,.0f}   {total}")


def _download(folder: Path, zone: str) -> Path:
    """A file as Electricity Maps makes them, of made-up values."""
    hours = pd.date_range("2024-01-01", periods=8784, freq="h")
    direct = np.random.default_rng(len(zone)).uniform(20, 800, len(hours)).round(2)
    path = folder / f"{zone}_2024_hourly.csv"
    pd.DataFrame(
        {
            "Datetime (UTC)": hours.strftime("%Y-%m-%d %H:%M:%S"),
            "Country": zone,
            "Zone Name": zone,
            "Zone Id": zone,
            _DIRECT: direct,
            _LIFECYCLE: (direct + 40).round(2),
            "Low Carbon Percentage": 50.0,
            "Renewable Percentage": 40.0,
            "Data Source": "entsoe.eu",
            "Data Estimated": "false",
            "Data Estimation Method": "",
        }
    ).to_csv(path, index=False)
    return path


if __name__ == "__main__":
    main()
