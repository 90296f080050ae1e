"""The ledger's figures against the libraries they come from, and against arithmetic outside the pipeline."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import genai_prices
import pandas as pd
import pytest
from ecologits.tracers.utils import llm_impacts
from genai_prices import data_snapshot

from spanledger_enrich.prices import catalogue_names
from spanledger_enrich.worker import Worker

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)


@pytest.fixture
def ledger(loaded_store, configuration):
    """Books LLM spans, given as dictionaries, and gives the calls they became, in the order of their spans."""
    store = loaded_store
    booked = 0

    def book(*spans: dict) -> list[dict]:
        nonlocal booked
        rows = []
        for span in spans:
            booked += 1
            rows.append({
                "ingested_at": datetime.now(UTC), "trace_id": f"{booked:032x}", "span_id": f"{booked:016x}", "ts": NOON,
                "provider": "openai", "request_model": "gpt-4o-2024-08-06", "response_model": "", "operation": "chat",
                "status": "ok", "tenant_id": "acme", "cloud_region": "", "input_tokens": 0, "cache_read_tokens": 0,
                "cache_write_tokens": 0, "cache_write_1h_tokens": 0, "output_tokens": 0, "usage_source": "reported",
            } | span)  # fmt: skip
        store.insert("llm_spans", rows)
        Worker(store, configuration).catch_up()
        ids = [row["span_id"] for row in rows]
        found = store.rows("SELECT * FROM calls WHERE span_id IN {ids:Array(String)} ORDER BY span_id", ids=ids)
        return list(found)

    return book


def test_cached_tokens_are_billed_once(ledger):
    [call] = ledger({
        "provider": "anthropic", "request_model": "claude-3-5-sonnet-20240620",
        "input_tokens": 10_000, "cache_read_tokens": 6_000, "cache_write_tokens": 3_000, "output_tokens": 500,
    })  # fmt: skip
    # 3, 0.30, 3.75 and 15 USD per million tokens
    assert call["input_cost"] == Decimal("0.003")
    assert call["cache_read_cost"] == Decimal("0.0018")
    assert call["cache_write_cost"] == Decimal("0.01125")
    assert call["output_cost"] == Decimal("0.0075")
    assert call["list_cost"] == Decimal("0.02355")


def test_costs_equal_those_of_genai_prices(ledger):
    draw = random.Random(7)
    snapshot = data_snapshot.get_snapshot()
    # Models that are found by their own id, and priced by tokens alone.
    catalogue = [
        (provider.id, model.id)
        for provider in snapshot.providers
        for model in provider.models
        if _finds_itself(snapshot, provider.id, model)
    ]
    cases = []
    for provider, model in draw.sample(catalogue, 600):
        tokens = draw.choice([50, 3_000, 150_000, 300_000])
        read, written = draw.randrange(tokens // 3), draw.randrange(tokens // 3)
        moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(3 * 365 * 86_400))
        cases.append({
            "provider": provider, "request_model": model, "ts": moment, "input_tokens": tokens,
            "cache_read_tokens": read, "cache_write_tokens": written, "output_tokens": draw.randrange(5_000),
        })  # fmt: skip
    wrong = []
    for case, call in zip(cases, ledger(*cases), strict=True):
        usage = genai_prices.Usage(
            input_tokens=case["input_tokens"],
            cache_read_tokens=case["cache_read_tokens"],
            cache_write_tokens=case["cache_write_tokens"],
            output_tokens=case["output_tokens"],
        )
        truth = genai_prices.calc_price(
            usage, case["request_model"], provider_id=case["provider"], genai_request_timestamp=case["ts"]
        ).total_price
        # Prices are kept to 1e-12 USD a token.
        if call["list_cost"] is None or abs(call["list_cost"] - truth) > Decimal("0.000001"):
            wrong.append((case["provider"], case["request_model"], call["list_cost"], truth))
    assert not wrong


def _finds_itself(snapshot, provider_id, model) -> bool:
    try:
        _, found = snapshot.find_provider_model(model.id, None, provider_id, None)
    except LookupError:
        return False
    entries = model.prices if isinstance(model.prices, list) else []
    if any(type(entry.constraint).__name__ == "TimeOfDateConstraint" for entry in entries):
        return False
    known = [vars(entry.prices) for entry in entries] or [vars(model.prices)]
    token_keys = {
        "input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok",
        "web_searches_kcount", "storage_searches_kcount", "input_audio_mtok", "output_audio_mtok",
        "cache_audio_read_mtok", "input_image_mtok",
        "output_image_mtok", "cache_image_read_mtok",
    }  # fmt: skip
    return found is model and all(
        {key for key, value in prices.items() if value is not None} <= token_keys
        and prices.get("input_mtok") is not None
        for prices in known
    )


def test_a_model_without_a_price_is_not_free(ledger):
    [call] = ledger({"provider": "vllm", "request_model": "my-own-model", "input_tokens": 10, "output_tokens": 10})
    assert call["price_status"] == "unpriced"
    assert call["list_cost"] is None
    assert call["energy_wh"] is None
    assert call["energy_method"] == "unknown"


def test_a_call_without_usage_has_an_unknown_cost_and_a_failed_one_has_none(ledger):
    answered, failed = ledger({"usage_source": "missing"}, {"usage_source": "missing", "status": "error"})
    assert answered["list_cost"] is None
    assert failed["list_cost"] == 0


@pytest.mark.parametrize("configuration", [{"energy_method": "ecologits"}], indirect=True)
def test_energy_equals_that_of_ecologits(ledger):
    for model in ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "gpt-4-turbo-2024-04-09"):
        for tokens in (1, 400, 20_000):
            [call] = ledger({"request_model": model, "output_tokens": tokens})
            energy = llm_impacts("openai", model, tokens, float("inf")).energy.value
            assert call["energy_wh"] == pytest.approx(energy.mean * 1000, rel=1e-9)
            # The ledger's bounds also hold those of the other method.
            assert call["energy_wh_low"] <= energy.min * 1000 * (1 + 1e-9)
            assert call["energy_wh_high"] >= energy.max * 1000 * (1 - 1e-9)


def test_the_intensity_is_that_of_the_hour_else_the_months_else_the_years_and_says_so(ledger, loaded_store):
    hours = pd.date_range("2024-10-08 12:00", periods=2, freq="h", tz="UTC")
    loaded_store.insert_frame(
        "grid_intensity",
        pd.DataFrame({"zone": "DE", "resolution": "hour", "signal": "average", "basis": "lifecycle", "ts": hours,
                      "g_per_kwh": [100.0, 200.0], "quality": "measured", "source": "test"}),
    )  # fmt: skip
    # A month's mean stands in where at least half of its hours are there.
    loaded_store.insert_frame(
        "grid_intensity",
        pd.DataFrame({"zone": "DE", "resolution": "hour", "signal": "average", "basis": "lifecycle",
                      "ts": pd.date_range("2024-10-09", periods=552, freq="h", tz="UTC"),
                      "g_per_kwh": 150.0, "quality": "measured", "source": "test"}),
    )  # fmt: skip
    place = {"provider": "azure.ai.openai", "cloud_region": "germanywestcentral", "output_tokens": 100}
    last = datetime(2024, 10, 8, 12, 59, 59, 999_999, tzinfo=UTC)
    within, at_the_end, next_hour, no_hour, no_month = ledger(
        place, place | {"ts": last}, place | {"ts": hours[1]}, place | {"ts": hours[1] + timedelta(hours=1)},
        place | {"ts": hours[1] + timedelta(days=31)},
    )  # fmt: skip
    assert [c["intensity_g_per_kwh"] for c in (within, at_the_end, next_hour)] == [100, 100, 200]
    assert {c["intensity_resolution"] for c in (within, at_the_end, next_hour)} == {"hour"}
    assert (no_hour["intensity_resolution"], no_hour["intensity_g_per_kwh"]) == ("month", pytest.approx(150))
    assert no_month["intensity_resolution"] == "year"
    assert "CodeCarbon" in no_month["intensity_source"]
    for call in (within, next_hour, no_hour, no_month):
        assert call["co2e_g"] == pytest.approx(call["energy_wh"] / 1000 * call["intensity_g_per_kwh"], rel=1e-12)


def test_a_call_of_unknown_place_gets_the_worlds_mean(ledger):
    [call] = ledger(
        {"provider": "nobody", "request_model": "meta-llama/Meta-Llama-3.1-8B-Instruct", "output_tokens": 9}
    )
    assert call["zone"] == "WORLD"
    assert call["co2e_g"] > 0


def test_models_without_a_price_are_listed_with_the_nearest_names(ledger, loaded_store):
    ledger({"provider": "openai", "request_model": "gpt-4o-minni", "input_tokens": 7, "output_tokens": 1})
    missing = loaded_store.frame("reports/prices/missing")
    assert missing[["provider", "model", "calls", "input_tokens"]].to_numpy().tolist() == [
        ["openai", "gpt-4o-minni", 1, 7]
    ]
    assert "has no 'gpt-4o-minni'" in missing["note"][0]
    assert any(name.endswith("/gpt-4o-mini") for name in catalogue_names.nearest("gpt-4o-minni"))
