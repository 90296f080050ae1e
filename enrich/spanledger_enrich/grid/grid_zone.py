"""Where a call ran: which grid zone and country a provider's cloud region means."""

from __future__ import annotations

import csv
import difflib
import importlib.resources
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pycountry
from codecarbon.input import DataSource
from ecologits.tracers.utils import PROVIDER_CONFIG_MAP

from spanledger_enrich.grid.zone_name import EUROPE, zone_names
from spanledger_vocabulary.provider import named

if TYPE_CHECKING:
    import pandas as pd

# AWS appends a letter to the region, Google a hyphen and a letter, Azure a hyphen and a number.
_AVAILABILITY_ZONE = re.compile(r"^([a-z].*\d)-?[a-f]$|^([a-z]+\d?)-[123]$")
# AWS's zone ids: use1-az1 is a part of us-east-1.
_ZONE_ID = re.compile(r"^([a-z]{2})(n|s|e|w|c|ne|nw|se|sw)(\d)-az\d$")
_COMPASS = {"n": "north", "s": "south", "e": "east", "w": "west", "c": "central"}
# Oracle's availability domains, after the tenancy's prefix: Uocm:PHX-AD-1, EU-ZURICH-1-AD-1. The oldest have short
# names.
_AVAILABILITY_DOMAIN = re.compile(r"^(?:\w+:)?([a-z].*)-ad-\d$")
_SHORT_REGIONS = {
    "fra": "eu-frankfurt-1", "iad": "us-ashburn-1", "lhr": "uk-london-1", "phx": "us-phoenix-1",
    "us-ashburn": "us-ashburn-1", "us-phoenix": "us-phoenix-1",
}  # fmt: skip

# What endpoints without a place call their region.
_NO_PLACE = ("global", "default")

# What an unknown region's name tells: a country, or a continent by its mean, or '' where there is none of it.
_TELLS = (
    (re.compile(r"(?:^|[^a-z])us(?![a-z])"), "US", "country in its name"),
    (
        re.compile(
            r"(?:^|[^a-z])(?:eu|eur|europe|emea|eea)\d*(?![a-z])|^europe|europe\d*$|^(?:north|west|east|south|central)europe"
            r"|^eudatazone"
        ),
        EUROPE,
        "mean of Europe",
    ),
    (
        re.compile(
            r"^(?:ap|apac|asia|au|jp|in|cn|kr|me|il|af|africa|sa|latam|br|ca|mx|gb|southamerica)(?![a-z])"
            r"|^(?:asia|africa|southamerica|middleeast|uae)|(?:asia|africa)\d*$"
        ),
        "",
        "default zone",
    ),
)
_COMPASS_AFTER = re.compile(r"(?:north|south|east|west|central)+$")
_COMPASS_BEFORE = re.compile(r"^(?:north|south|east|west|central)+")
# Country and city, as most smaller clouds have it (jp-tok, fr-par, cn-hangzhou), AWS's country and compass
# (il-central-1), IBM's country in Europe (eu-de). Only letters that mean nothing else: not those of
# my-region and sa-east.
_COUNTRY_FIRST = re.compile(
    r"^(?:eu-)?(au|br|ca|ch|cl|cn|de|dk|es|fi|fr|gb|hk|il|jp|kr|mx|nl|nz|pl|sg|th|tr|tw|uk|us|za)"
    r"(?:-[a-z]{3,}\d*)?(?:-?\d+[a-z]?)?$"
)
# As clouds call countries, beside their own names. Georgia is a state, too.
_SHORT_NAMES = {"uk": "GB", "us": "US", "usa": "US", "uae": "AE", "korea": "KR", "turkey": "TR", "georgia": ""}


@dataclass(frozen=True, slots=True)
class Place:
    """A grid zone (as Electricity Maps names zones), its ISO alpha-2 country, and how they were found.

    Zone and country are '' where nothing tells them: the configured default stands in.
    """

    zone: str
    country: str
    source: str


def locate(provider: str, cloud_region: str) -> Place:
    """Find the place of a call: its cloud region, else the provider's known country, else '' for the default zone.

    An unknown region whose name tells its country or continent is not booked at the provider's country: its place is
    that country's, Europe's mean or the default zone.

    A region may be named as its cloud does (`us-east-1`, `East US`), by its availability zone (`us-east-1a`,
    `use1-az1`, `eastus-1`, `PHX-AD-1`), or be a grid zone or country itself (`DE`).
    """
    region = re.sub(r"[\s_]", "", cloud_region.lower()) if " " in cloud_region.strip() else cloud_region.strip().lower()
    if region in _NO_PLACE:
        region = ""
    for name in _spellings(region):
        if place := _regions().get(name) or _codecarbon_regions().get(name):
            return place
    if region and is_zone(cloud_region.strip().upper()):
        zone = cloud_region.strip().upper()
        return Place(zone, zone.partition("-")[0], f"the span names the grid zone {zone}")
    unknown = f"cloud region {cloud_region!r} is unknown; " if region else ""
    if region and (country := _country_in(region)):
        return Place(country, country, f"{unknown}country in its name")
    words = re.sub(r"[\s_/]+", "-", cloud_region.strip().lower())
    for pattern, zone, said in _TELLS:
        # The provider's own country would be another continent's.
        if region and (pattern.search(region) or pattern.search(words)):
            return Place(zone, zone, f"{unknown}{said}")
    known = named(provider)
    hosting = PROVIDER_CONFIG_MAP.get(known.data_centres if known else provider)
    if hosting is not None:
        country = alpha_2(hosting.datacenter_location)
        return Place(country, country, f"{unknown}EcoLogits: data centres of {provider}")
    return Place("", "", f"{unknown}default zone")


def _spellings(region: str) -> list[str]:
    """The region's own name, that with hyphens, and those of the regions that it may be an availability zone of."""
    dashed = region.replace("_", "-")
    names = [region, dashed, _AVAILABILITY_ZONE.sub(r"\1\2", dashed)]
    if found := _ZONE_ID.match(dashed):
        names.append(f"{found[1]}-{''.join(_COMPASS[letter] for letter in found[2])}-{found[3]}")
    if found := _AVAILABILITY_DOMAIN.match(dashed):
        names.append(found[1])
    return [_SHORT_REGIONS.get(name, name) for name in dict.fromkeys(names)]


def _country_in(region: str) -> str:
    """The country that a region's name consists of or begins with, but for where in it: `finlandcentral`, `jp-tok`."""
    letters = re.sub(r"[^a-z]", "", region)
    spelled = (letters, _COMPASS_AFTER.sub("", letters), _COMPASS_BEFORE.sub("", letters))
    if country := next((country for name in spelled if (country := _countries().get(name, ""))), ""):
        return country
    if first := _COUNTRY_FIRST.match(region):
        return _SHORT_NAMES.get(first[1], first[1].upper())
    return ""


def alpha_2(alpha_3: str) -> str:
    """The ISO 3166-1 alpha-2 code, which zones begin with, of an alpha-3 code; others stay as they are."""
    country = pycountry.countries.get(alpha_3=alpha_3)
    return str(country.alpha_2) if country else alpha_3


def is_zone(name: str) -> bool:
    """Whether ``name`` is a zone of Electricity Maps, a country's ISO alpha-2 code, or the world."""
    return name in zone_names()


def similar_zones(name: str) -> list[str]:
    """At most three zones that ``name`` may have meant, by their code or their name."""
    zones = zone_names()
    upper = name.upper().replace("_", "-")
    if upper in zones:
        return [upper]
    named = [zone for zone, called in zones.items() if called and called.casefold() == name.casefold()]
    return named[:3] or difflib.get_close_matches(upper, zones, n=3, cutoff=0.7)


@cache
def _countries() -> dict[str, str]:
    """ISO alpha-2 codes of countries by their names, without spaces and what stands behind a comma."""
    named = {
        re.sub(r"[^a-z]", "", name.partition(",")[0].lower()): str(country.alpha_2)
        for country in pycountry.countries
        for name in (country.name, getattr(country, "common_name", country.name))
    }
    return named | _SHORT_NAMES


@cache
def _regions() -> dict[str, Place]:
    text = (importlib.resources.files("spanledger_enrich.files") / "reference/cloud_region.csv").read_text(
        encoding="utf-8"
    )
    return {
        row["region"]: Place(row["zone"], row["zone"].partition("-")[0], f"{row['cloud']} region {row['region']}")
        for row in csv.DictReader(text.splitlines())
    }


@cache
def _codecarbon_regions() -> dict[str, Place]:
    source = DataSource()  # type: ignore[no-untyped-call]
    regions: pd.DataFrame = source.get_cloud_emissions_data()
    named = regions.dropna(subset=["region", "countryIsoCode"])
    return {
        str(region): Place(alpha_2(country), alpha_2(country), f"CodeCarbon: {cloud} region {region}")
        for cloud, region, country in zip(named["provider"], named["region"], named["countryIsoCode"], strict=True)
    }
