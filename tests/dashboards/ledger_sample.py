"""A ledger of plausible calls, the same at every run: tenants, models and zones of October 2024."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from spanledger_sql.store import Store

FIRST_DAY = datetime(2024, 10, 1, tzinfo=UTC)
DAYS = 31
WRITTEN = datetime(2024, 11, 1, 8, 30, 5, tzinfo=UTC)
UNPRICED_MODEL = "acme-finetune-7b"
AGREED = {"northwind": Decimal("0.9")}

# tenant: weight, growth over the month; (unattributed) is a gap, not a tenant.
_TENANTS = {
    "northwind": (0.30, 0.9),
    "acme-legal": (0.22, 0.2),
    "lumen-health": (0.19, 0.5),
    "quarry": (0.13, -0.4),
    "studio-nine": (0.10, 0.1),
    "(unattributed)": (0.06, 0.0),
}
_FEATURES = ("contract-review", "support-chat", "search", "summaries", "")
# model: provider, weight, USD per million input, cache read and output tokens, Wh per output token and per request
_MODELS = {
    "gpt-4o-2024-08-06": ("openai", 0.27, "2.50", "1.25", "10.00", 0.0011, 0.04),
    "gpt-4o-mini-2024-07-18": ("openai", 0.33, "0.15", "0.075", "0.60", 0.00021, 0.01),
    "claude-3-5-sonnet-20240620": ("anthropic", 0.19, "3.00", "0.30", "15.00", 0.0010, 0.04),
    "claude-3-haiku-20240307": ("anthropic", 0.19, "0.25", "0.03", "1.25", 0.00018, 0.01),
    UNPRICED_MODEL: ("self-hosted", 0.02, None, None, None, 0.0004, 0.01),
}
# zone: share of calls, mean intensity in g/kWh, swing over the day (cleanest at 13:00 UTC), resolution
_ZONES = {
    "DE": (0.34, 362.0, 110.0, "hour"),
    "GB": (0.22, 168.0, 45.0, "hour"),
    "US-CAL-CISO": (0.24, 236.0, 95.0, "hour"),
    "USA": (0.20, 384.0, 0.0, "year"),
}
_BY_HOUR = np.array([1, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 14, 12, 14, 15, 14, 13, 11, 8, 6, 5, 3, 2, 1], dtype=float)
_CENT_FRACTION = Decimal("0.000000000001")


def ledger_sample(calls: int = 6000, seed: int = 7) -> pd.DataFrame:
    """Rows of `ledger` over October 2024: some unattributed, unpriced, without usage or without known energy."""
    random = np.random.default_rng(seed)
    tenants = list(_TENANTS)
    day = random.integers(0, DAYS, calls)
    growth = np.array([[w * (1 + g * d / DAYS) for w, g in _TENANTS.values()] for d in range(DAYS)])
    weekday = np.array([(FIRST_DAY + pd.Timedelta(days=int(d))).weekday() for d in range(DAYS)])
    day = random.choice(DAYS, calls, p=_shares(growth.sum(axis=1) * np.where(weekday >= 5, 0.45, 1.0)))
    tenant = np.array([random.choice(tenants, p=_shares(growth[d])) for d in day])
    hour = random.choice(24, calls, p=_shares(_BY_HOUR))
    second = random.integers(0, 3600, calls)
    model = random.choice(list(_MODELS), calls, p=_shares(np.array([m[1] for m in _MODELS.values()])))
    zone = random.choice(list(_ZONES), calls, p=_shares(np.array([z[0] for z in _ZONES.values()])))
    feature = random.choice(_FEATURES, calls, p=[0.26, 0.34, 0.22, 0.15, 0.03])

    source = random.choice(["reported", "estimated", "missing"], calls, p=[0.965, 0.02, 0.015])
    missing = source == "missing"
    prompt = np.where(missing, 0, random.lognormal(7.4, 0.9, calls).astype(int) + 20)
    cached = np.where(random.random(calls) < 0.35, (prompt * random.uniform(0.4, 0.9, calls)).astype(int), 0)
    output = np.where(missing, 0, random.lognormal(5.6, 0.8, calls).astype(int) + 1)

    frame = pd.DataFrame(
        {
            "trace_id": [f"{n:032x}" for n in range(calls)],
            "span_id": [f"{n:016x}" for n in range(calls)],
            "ts": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(day * 86400 + hour * 3600 + second, unit="s"),
            "duration_ms": random.lognormal(7, 0.5, calls),
            "service_name": np.where(tenant == "(unattributed)", "batch-jobs", "assistant"),
            "environment": "production",
            "tenant_id": tenant,
            "cost_center": np.where(tenant == "(unattributed)", "", "CC-" + pd.Series(tenant).str[:3].str.upper()),
            "feature": feature,
            # Three of four calls say a dimension of one's own.
            "dimensions": [{"desk": ("emea", "amer", "apac")[n % 3]} if n % 4 else {} for n in range(calls)],
            "provider": [_MODELS[m][0] for m in model],
            "request_model": model,
            "response_model": model,
            "operation": "chat",
            "status": "ok",
            "input_tokens": prompt,
            "cache_read_tokens": cached,
            "output_tokens": output,
            "usage_source": source,
            "zone": zone,
            "counted": 1,
            "version": 1,
            "enriched_at": WRITTEN,
        }
    )
    frame = frame.join(_costs(frame)).join(_carbon(frame, hour, random))
    # A nested span of the same call, reported a second time: it does not count.
    again = frame.iloc[:25].assign(
        span_id=[f"{n:016x}" for n in range(calls, calls + 25)], counted=0, counted_reason="inner span counts"
    )
    return pd.concat([frame.assign(counted_reason=""), again], ignore_index=True)


def insert(store: Store, frame: pd.DataFrame) -> None:
    """Put the rows into the store's ledger."""
    store.insert_frame("ledger", frame)


def _costs(frame: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in frame.itertuples(index=False):
        _, _, price_in, price_cached, price_out, _, _ = _MODELS[row.request_model]
        if price_in is None or row.usage_source == "missing":
            status = "unpriced" if price_in is None else "priced"
            rows.append((status, None, None, None, None, None, None, None))
            continue
        million = Decimal(1_000_000)
        parts = [
            (Decimal(int(tokens)) * Decimal(price) / million).quantize(_CENT_FRACTION)
            for tokens, price in (
                (row.input_tokens - row.cache_read_tokens, price_in),
                (row.cache_read_tokens, price_cached),
                (row.output_tokens, price_out),
            )
        ]
        whole = sum(parts, Decimal(0))
        # northwind has a contract: nine tenths of the list price, in every part.
        agreed = [(part * AGREED.get(row.tenant_id, Decimal(1))).quantize(_CENT_FRACTION) for part in parts]
        rows.append(("priced", whole, sum(agreed, Decimal(0)), *agreed[:2], Decimal(0), agreed[2], Decimal(0)))
    columns = ["price_status", "list_cost", "contracted_cost", "input_cost", "cache_read_cost", "cache_write_cost"]
    return pd.DataFrame(rows, columns=[*columns, "output_cost", "other_cost"], index=frame.index)


def _carbon(frame: pd.DataFrame, hour: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    known = (frame["usage_source"] != "missing").to_numpy() & (random.random(len(frame)) > 0.03)
    measured = (frame["provider"] == "self-hosted").to_numpy()
    per_token = np.array([_MODELS[m][5] for m in frame["request_model"]])
    per_request = np.array([_MODELS[m][6] for m in frame["request_model"]])
    wh = np.where(known, per_token * frame["output_tokens"] + per_request, np.nan)
    mean = np.array([_ZONES[z][1] for z in frame["zone"]])
    swing = np.array([_ZONES[z][2] for z in frame["zone"]])
    intensity = mean - swing * np.cos((hour - 13) / 24 * 2 * np.pi)
    return pd.DataFrame(
        {
            "energy_wh": wh,
            "energy_wh_low": wh * 0.45,
            "energy_wh_high": wh * 2.1,
            "energy_method": np.where(known, np.where(measured, "measured", "modelled"), "unknown"),
            "intensity_g_per_kwh": intensity,
            "intensity_resolution": [_ZONES[z][3] for z in frame["zone"]],
            "intensity_source": "sample",
            "co2e_g": wh / 1000 * intensity,
            "co2e_g_low": wh * 0.45 / 1000 * intensity,
            "co2e_g_high": wh * 2.1 / 1000 * intensity,
            "embodied_g": wh / 1000 * 62.0,
        },
        index=frame.index,
    )


def _shares(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()
