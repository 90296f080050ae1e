"""Whoever has the method statement, and what a call was (model, tokens, price, length, place), can reckon its row anew.

Nothing else is read here: no table of factors, no reference data, no code of the ledger's.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from itertools import product
from statistics import NormalDist
from typing import Any

import pytest

from spanledger_enrich.ledger.method_statement.statement import method_statement
from spanledger_settings.period import Period

NOON = datetime(2024, 10, 8, 12, tzinfo=UTC)
OCTOBER = Period(datetime(2024, 10, 1, tzinfo=UTC), datetime(2024, 11, 1, tzinfo=UTC), "UTC")
NORMAL = NormalDist()
SPANS = [
    {"request_model": "gpt-4o-2024-08-06", "input_tokens": 20_000, "cache_read_tokens": 5_000, "output_tokens": 700,
     "duration_ms": 9_000.0, "cloud_region": "DE"},
    {"request_model": "gpt-4o-2024-08-06", "input_tokens": 300, "output_tokens": 40, "cloud_region": "FR"},
    {"request_model": "deepseek-chat", "provider": "deepseek", "input_tokens": 100, "output_tokens": 900},
    {"request_model": "acme/Some-30B-A3B", "provider": "vllm", "input_tokens": 4_000, "output_tokens": 500},
    {"request_model": "text-embedding-3-small", "operation": "embeddings", "input_tokens": 8_000},
    {"request_model": "our-own", "provider": "vllm", "host_name": "gpu-1", "duration_ms": 60_000.0,
     "output_tokens": 300, "cloud_region": "DE"},
    {"request_model": "nobody-knows-it", "output_tokens": 10},
]  # fmt: skip


@pytest.fixture(scope="module", params=["token-aware", "ecologits"])
def booked(request, books):
    """The spans' calls, by the default method and by the other."""
    before = books.configuration
    books.configuration = before.model_copy(update={"energy_method": request.param})
    for table in ("energy_sample", "energy_allocation", "energy_host", "idle_energy"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.hours("DE", "2024-10-08", [300.0 + hour for hour in range(24)])
    water = {"wue": 0.9, "wue_low": 0.8, "wue_high": 1.0}
    facility = {"provider": "deepseek", "cloud_region": "", "pue": 1.4, "pue_low": 1.3, "pue_high": 1.5}
    books.store.insert("energy_facility", [{**facility, **water, "source": "a test"}])
    host = {"host_name": "gpu-1", "idle_policy": "own", "owner": "", "pue": 1.3, "source": "a test"}
    books.store.insert("energy_host", [host])
    contracts = [
        {"contract_id": name, "kind": kind, "provider": provider, "zone": zone, "valid_from": OCTOBER.begin,
         "valid_until": OCTOBER.end, "mwh": None, "share": share, "g_per_kwh": factor, "source": "a test"}
        for name, kind, provider, zone, share, factor in [
            ("part", "ppa", "openai", "DE", 0.4, 20.0), ("rest", "residual mix", "", "DE", None, 700.0),
            ("own", "certificate", "", "WORLD", 1.0, 0.0), ("over", "ppa", "openai", "FR", 0.9, 10.0),
            ("over too", "certificate", "openai", "FR", 0.6, 0.0),
        ]
    ]  # fmt: skip
    books.store.insert("grid_contract", contracts)
    books.empty()
    books.ingest(*({"ts": NOON, "duration_ms": 0.0, "host_name": "", **span} for span in SPANS))
    samples = [
        {"ingested_at": datetime.now(UTC), "trace_id": f"{n:032x}", "span_id": f"{n:016x}", "host_name": "gpu-1",
         "cloud_region": "DE", "cloud_provider": "", "started_at": NOON + timedelta(minutes=n),
         "ended_at": NOON + timedelta(minutes=n + 1), "wh": 10.0, "cpu_wh": 2.0, "gpu_wh": 7.0, "ram_wh": 1.0,
         "cpu_source": "rapl", "gpu_source": "nvml", "ram_source": "estimate", "flaw": ""}
        for n in range(3)
    ]  # fmt: skip
    books.store.insert("energy_sample", samples)
    books.enrich()
    yield books
    books.store.execute("TRUNCATE TABLE energy_facility")
    books.store.execute("TRUNCATE TABLE grid_contract")
    books.configuration = before


@pytest.fixture(scope="module")
def statement(booked) -> dict[str, Any]:
    stated: dict[str, Any] = json.loads(method_statement(booked.store, OCTOBER, booked.configuration).json())
    return stated


def reckoned(statement: dict[str, Any], call: dict[str, Any]) -> dict[str, float]:
    """A modelled call's figures, from the statement."""
    factors = {one["energy_id"]: one for one in statement["energy_factors"]}
    entry = factors[call["energy_id"]]
    place = next(
        one for one in statement["places"]
        if (one["provider"], one["cloud_region"], one["zone"]) == (call["provider"], call["cloud_region"], call["zone"])
    )  # fmt: skip
    out, cached = call["output_tokens"], call["cache_read_tokens"]
    uncached = call["input_tokens"] - cached
    seconds = call["duration_ms"] / 1000 if call["duration_ms"] and out <= 5 * call["duration_ms"] else math.inf

    def full(of: dict[str, Any], end: str) -> float:
        return float(
            of[f"wh_per_output_token{end}"] * out + of[f"wh_per_input_token{end}"] * uncached
            + of[f"wh_per_cache_read_token{end}"] * cached + of[f"wh_per_request{end}"]
        )  # fmt: skip

    def pue(of: dict[str, Any], end: str) -> float:
        given = place[f"pue{end}"]
        return 1.0 if given is None else float(given / of[f"pue{end}"])

    cut = {
        end: max(0.0, entry[f"seconds_per_output_token{end}"] * out + entry["seconds_per_request"] - seconds)
        for end in ("_low", "_high")
    }
    saved = {end: entry[f"wh_per_second{end}"] * cut[end] for end in cut}
    wh = (full(entry, "") - (saved["_low"] + saved["_high"]) / 2) * pue(entry, "")
    ends = {end: (full(entry, end) - saved[end]) * pue(entry, end) for end in cut}
    litres = {end: (place[f"l_per_kwh{end}"] if place[f"l_per_kwh{end}"] is not None else entry[f"l_per_kwh{end}"])
              + place["power_l_per_kwh"] for end in ("_low", "", "_high")}  # fmt: skip
    mean = entry["energy_id"].startswith("ecologits/")
    low, high = ends["_low"], ends["_high"]
    for other in (
        one for one in statement["energy_factors"] if one["role"] == "bounds" and one["models"] == call["model"]
    ):
        at_once = other["wh_per_second_low"] * (
            other["seconds_per_output_token_low"] * out + other["seconds_per_request"]
        )
        low = min(low, (full(other, "_low") - at_once) * pue(other, "_low"))
        high = max(high, full(other, "_high") * pue(other, "_high"))
    if call["price_status"] == "priced":
        [per_usd] = (one["high"] for one in statement["uncertainty"] if one["of"] == "price")
        high = min(high, max(wh, float(call["list_cost"]) * per_usd))
    embodied = (
        entry["embodied_g_per_output_token"] * out
        + entry["embodied_g_per_input_token"] * uncached
        + entry["embodied_g_per_request"]
        - sum(entry[f"embodied_g_per_second{end}"] * cut[end] for end in cut) / 2
    )
    return {
        "energy_wh": wh,
        "energy_wh_low": low,
        "energy_wh_high": high,
        "water_ml": (ends["_low"] * litres["_low"] + ends["_high"] * litres["_high"]) / 2 if mean else wh * litres[""],
        "embodied_g": embodied,
    }


def market_factor(statement: dict[str, Any], call: dict[str, Any]) -> float:
    """gCO2e/kWh of a call's contracts, from the statement: of its provider, else of all or of own machines (vLLM)."""
    in_force = [
        one for one in statement["contracts"]
        if one["zone"] == call["zone"]
        and (one["provider"] == call["provider"]
             or (one["provider"] == "" and (call["provider"] == "vllm" or one["kind"] == "residual mix")))
    ]  # fmt: skip
    covering = [one for one in in_force if one["kind"] in ("certificate", "ppa")]
    shares = sum(one["share"] for one in covering)
    factor = sum(one["share"] * one["g_per_kwh"] for one in covering) / max(1.0, shares)
    rest = [one["g_per_kwh"] for one in in_force if one["kind"] == "residual mix"] or [call["intensity_g_per_kwh"]]
    return float(factor + max(0.0, 1 - shares) * rest[0])


def test_each_modelled_row_follows_from_the_statement(booked, statement):
    rows = booked.store.rows("SELECT * FROM calls WHERE energy_method IN ('modelled', 'proxy') ORDER BY span_id")
    assert {row["energy_id"].split("/")[0] for row in rows} >= {
        statement["settings"]["energy_method"],
        "proxy",
        "prefill",
    }
    assert len(rows) == len(SPANS) - 2
    for row in rows:
        figures = reckoned(statement, row)
        for name, figure in figures.items():
            assert row[name] == pytest.approx(figure, rel=1e-7), (row["model"], name)
        [intensity] = {
            (one["lowest"], one["highest"]) for one in statement["intensities"]
            if (one["zone"], one["source"]) == (row["zone"], row["intensity_source"])
        }  # fmt: skip
        assert intensity[0] <= row["intensity_g_per_kwh"] * (1 + 1e-8)
        assert row["co2e_g"] == pytest.approx(figures["energy_wh"] / 1000 * row["intensity_g_per_kwh"], rel=1e-7)
        factor = market_factor(statement, row)
        assert row["co2e_market_g"] == pytest.approx(figures["energy_wh"] / 1000 * factor, rel=1e-7), row["model"]
    assert len({one["kind"] for one in statement["contracts"]}) == 3


def test_measured_and_idle_energy_follow_from_the_hosts_of_the_statement(booked, statement):
    [host] = statement["hosts"]
    [row] = booked.store.rows("SELECT energy_wh, pue FROM calls WHERE energy_method = 'measured'")
    assert row["energy_wh"] == pytest.approx(host["served_wh"] * host["pue"])
    assert statement["totals"]["idle_kwh"] == pytest.approx(host["idle_wh"] * host["pue"] / 1000)
    assert host["idle_wh"] == pytest.approx(20)


def test_the_statements_totals_are_those_of_the_report_idle_energy_included(booked, statement):
    rows = booked.report("carbon/report", ["tenant"])
    for name in ("energy_kwh", "co2e_kg", "co2e_market_kg"):
        assert statement["totals"][name] == pytest.approx(sum(row[name] for row in rows), rel=1e-8)
    [idle] = [row for row in rows if row["tenant"] == "(idle)"]
    assert statement["totals"]["idle_co2e_kg"] == pytest.approx(idle["co2e_kg"], rel=1e-8)
    [measured] = [one for one in statement["energy_coverage"] if one["energy_method"] == "measured"]
    assert measured["energy_kwh"] == pytest.approx(0.039)


@pytest.mark.parametrize("of", ["energy", "emissions"])
def test_the_interval_of_the_totals_follows_from_the_groups_and_terms_of_the_statement(statement, of):
    wh = of == "energy"
    terms = {(one["of"], one["term"]): one["sigma"] for one in statement["uncertainty"]}
    entries = {one["energy_id"]: one for one in statement["energy_factors"]}
    groups = [one for one in statement["groups"] if one["middle_wh"] > 0]
    parts = []
    for one in groups:
        by = entries[one["energy_id"]]["uncertainty"]
        shared = {
            "method": (("all",), terms.get((by, "method"), 0.0)),
            "input": (("input",), one["input_sigma"]),
            "provider": (("provider", one["provider"]), terms.get((by, "provider"), 0.0)),
            "deployment": (("deployment", one["provider"], one["energy_id"]), terms.get((by, "deployment"), 0.0)),
            "overhead": (("overhead", one["provider"]), terms.get((by, "overhead"), 0.0)),
            "parameters": (("parameters", one["energy_id"]), one["parameters_sigma"] or 0.0),
            "meters": (("meters", one["energy_id"]), one["meters_sigma"]),
        }
        own = terms.get((by, "own"), 0.0)
        variance = sum(sigma**2 for _, sigma in shared.values())
        ruled_out, kept = 0.0, 1.0
        if one["paid_wh"] and variance:
            at = max(-3.0, math.log(one["paid_wh"] / one["energy_wh"]) / math.sqrt(variance))
            ruled_out = NORMAL.pdf(at) / NORMAL.cdf(at)
            kept = 1 - at * ruled_out - ruled_out**2
        grid = 0.0 if wh else one["grid_sigma"]
        middle = one["middle_wh" if wh else "middle_g"] * math.exp(-math.sqrt(variance) * ruled_out)
        expected = middle * math.exp((kept * variance + own**2 + grid**2) / 2)
        total, squared = (
            one[name] for name in (("energy_wh", "energy_wh_squared") if wh else ("co2e_g", "co2e_g_squared"))
        )
        parts.append((expected, kept, dict(shared.values()), own**2 * squared / total**2, (one["zone"], grid)))
    whole = sum(part[0] for part in parts)
    variance = 0.0
    for (f, k, terms_of, _, place), (g, j, others, _, elsewhere) in product(parts, parts):
        common = sum(sigma * others[key] for key, sigma in terms_of.items() if key in others)
        at_one_place = place[1] * elsewhere[1] if place[0] == elsewhere[0] else 0.0
        variance += f * g * (math.sqrt(k * j) * common + at_one_place)
    variance += sum(f**2 * own for f, _, _, own, _ in parts)
    sigma = math.sqrt(variance) / whole
    ends = [math.exp(math.log(whole) - sigma**2 / 2 + end * 1.645 * sigma) / 1000 for end in (-1, 1)]
    name = "energy_kwh" if wh else "co2e_kg"
    assert [statement["totals"][f"{name}_{end}"] for end in ("low", "high")] == pytest.approx(ends, rel=1e-6)
