"""What grid zones are called."""

from __future__ import annotations

import csv
import importlib.resources
from functools import cache

import pycountry

WORLD, EUROPE = "WORLD", "EUROPE"


@cache
def zone_names() -> dict[str, str]:
    """The names of Electricity Maps' zones, of countries by their ISO alpha-2 code, and of the world, by zone."""
    text = (importlib.resources.files("spanledger_enrich.files") / "reference/grid_zone_name.csv").read_text(
        encoding="utf-8"
    )
    listed = {row["zone"]: row["name"] for row in csv.DictReader(text.splitlines())}
    return (
        {country.alpha_2: country.name for country in pycountry.countries} | {WORLD: "World", EUROPE: "Europe"} | listed
    )


def zone_name(zone: str) -> str:
    """A zone for people: ``DE, Germany``; '' is unknown, and a zone without a name is its code."""
    if not zone:
        return "(unknown zone)"
    called = zone_names().get(zone, "")
    return f"{zone}, {called}" if called and called != zone else zone
