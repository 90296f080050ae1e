"""The error of yearly means and what-ifs, on calls that the worker booked with hours that the test made."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_cli.commands.carbon.carbon_scenario import read
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.books.whatif.assumptions import EVERY_MODEL, Assumptions, WhatIfError
from spanledger_enrich.books.whatif.recosting import recosted
from spanledger_settings.configuration import load

# An example takes a ledger: making a failing one smaller would take minutes.
NIGHT, DAY = 400.0, 200.0
DAYTIME = range(8, 18)
NOTHING = {"zone": "", "window": 0, "signal": "average", "basis": "lifecycle", "booked": 1}
UNCHANGED = Assumptions()


def moved_to(model):
    return Assumptions({EVERY_MODEL: model})


@pytest.fixture(scope="module", autouse=True)
def _year(books):
    """Germany: 400 g/kWh by night and 200 from 8 to 18 h, all of 2024."""
    books.hours("DE", "2024-01-01", [DAY if hour % 24 in DAYTIME else NIGHT for hour in range(8784)])


def at(hour, minute=0, day=8, **changes):
    return {
        "ts": datetime(2024, 10, day, tzinfo=UTC) + timedelta(hours=hour, minutes=minute),
        "provider": "azure.ai.openai",
        "cloud_region": "germanywestcentral",
        "input_tokens": 20_000,
        "cache_read_tokens": 5_000,
        "output_tokens": 1_000,
        **changes,
    }


SPANS = st.lists(
    st.builds(
        at,
        hour=st.integers(0, 23),
        minute=st.integers(0, 59),
        tenant_id=st.sampled_from(["acme", "lumen"]),
        request_model=st.sampled_from(["gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "our-own-model"]),
        cloud_region=st.sampled_from(["germanywestcentral", "uksouth"]),
        input_tokens=st.integers(5_000, 200_000),
        output_tokens=st.integers(0, 5_000),
        reasoning_tokens=st.integers(0, 5_000),
        service_tier=st.sampled_from(["", "batch", "flex"]),
        duration_ms=st.sampled_from([0.0, 800.0, 60_000.0]),
        usage_source=st.sampled_from(["reported", "missing"]),
    ),
    min_size=1,
    max_size=12,
)


def whatif(books, by=(), assumed=UNCHANGED, **changes):
    scope = Scope(begin=datetime(2024, 10, 1, tzinfo=UTC), end=datetime(2024, 11, 1, tzinfo=UTC), changed=False)
    with recosted(books.store, books.configuration, scope, assumed) as costed:
        given = {**NOTHING, "costed": costed, "recosted": int(assumed.change_calls), **changes}
        return books.report("carbon/whatif", list(by), **given)


def yearly_error(books, by=()):
    return books.report("carbon/yearly_error", list(by), signal="average", basis="lifecycle")


def test_a_yearly_mean_is_off_by_as_much_as_the_hours_differ_from_it(books):
    books.book_alone(at(3), at(12), at(13))
    night, day = yearly_error(books, ["hour_of_day"])[:2]
    mean = (DAY * 10 + NIGHT * 14) / 24
    assert (night["hour_of_day"], day["hour_of_day"]) == ("03", "12")
    assert night["year_mean_error_percent"] == pytest.approx(100 * (mean / NIGHT - 1))
    assert day["year_mean_error_percent"] == pytest.approx(100 * (mean / DAY - 1))
    [total] = yearly_error(books)
    assert total["year_mean_error_percent"] == pytest.approx(100 * (3 * mean / (NIGHT + 2 * DAY) - 1))
    gross = abs(mean - NIGHT) + 2 * abs(mean - DAY)
    assert total["year_mean_absolute_error_percent"] == pytest.approx(100 * gross / (NIGHT + 2 * DAY))
    [national] = books.store.rows(
        "SELECT argMax(g_per_kwh, ts) AS g FROM grid_intensity FINAL WHERE zone = 'DE' AND resolution = 'year'"
    )
    assert total["national_error_percent"] == pytest.approx(100 * (3 * national["g"] / (NIGHT + 2 * DAY) - 1))


def test_calls_without_an_hourly_intensity_are_not_compared_and_counted(books):
    books.book_alone(at(3), at(3, cloud_region="uksouth"), at(3, request_model="our-own-model"))
    [total] = yearly_error(books)
    assert (total["calls"], total["not_hourly_calls"], total["without_year_calls"]) == (1, 2, 0)


def test_a_year_has_a_mean_once_eight_thousand_of_its_hours_are_known(books):
    books.hours("FR", "2024-01-01", [50.0] * 7_999)
    books.book_alone(at(3, cloud_region="francecentral"))
    [few] = yearly_error(books)
    books.hours("FR", "2024-12-31", [50.0])
    [enough] = yearly_error(books)
    # Others' France has a yearly mean alone.
    books.store.execute("DELETE FROM grid_intensity WHERE zone = 'FR' AND resolution = 'hour'")
    assert (few["calls"], few["without_year_calls"], enough["without_year_calls"]) == (1, 1, 0)


@booked(6)
@given(spans=SPANS)
def test_nothing_different_changes_nothing(books, spans):
    books.book_alone(*spans)
    found = whatif(books, ["tenant"])
    reported = {line["tenant"]: line for line in books.report("carbon/report", ["tenant"])}
    assert {line["tenant"] for line in found} == set(reported)
    for line in found:
        now = reported[line["tenant"]]["co2e_kg"]
        assert now is line["then_co2e_kg"] or line["then_co2e_kg"] == pytest.approx(now, rel=1e-12)
        assert line["co2e_kg"] is line["then_co2e_kg"] or line["co2e_kg"] == pytest.approx(now, rel=1e-12)
        assert line["then_list_cost"] == line["list_cost"]
        assert line["not_compared_calls"] == reported[line["tenant"]]["unknown_co2e_calls"]


@booked(5)
@given(spans=SPANS, windows=st.tuples(st.integers(0, 24), st.integers(0, 24)).map(sorted))
def test_a_longer_window_never_emits_more(books, spans, windows):
    books.book_alone(*spans)
    short, long = (whatif(books, window=window)[0]["then_co2e_kg"] for window in windows)
    now = whatif(books)[0]["co2e_kg"]
    assert (short is None) == (long is None) == (now is None)
    if now is not None:
        assert long <= short * (1 + 1e-12) <= now * (1 + 2e-12)


def test_a_call_waits_for_the_first_of_the_cleanest_hours(books):
    books.book_alone(at(3, 30))
    [line] = whatif(books, window=8)
    assert line["shifted_hours"] == 5
    assert line["then_co2e_kg"] == pytest.approx(line["co2e_kg"] * DAY / NIGHT)
    assert whatif(books, window=4)[0]["then_co2e_kg"] == pytest.approx(line["co2e_kg"])


def test_marginal_hours_are_compared_with_marginal_hours(books):
    books.hours("DE", "2024-10-08T03:00", [500.0, 600.0, 450.0], signal="marginal", basis="direct")
    books.book_alone(at(3), at(4), at(12))
    [line] = whatif(books, window=1, signal="marginal", basis="direct", booked=0)
    wh = books.report("carbon/report")[0]["energy_kwh"] / 3
    assert line["co2e_kg"] == pytest.approx(wh * (500 + 600) / 1000)
    assert line["then_co2e_kg"] == pytest.approx(wh * (500 + 450) / 1000)
    assert line["not_compared_calls"] == 1


def test_another_zone_emits_by_its_own_hours_or_its_yearly_mean(books):
    books.book_alone(at(3, cloud_region="uksouth"), at(12, cloud_region="uksouth"))
    wh = books.report("carbon/report")[0]["energy_kwh"] / 2
    [line] = whatif(books, zone="DE")
    assert line["then_co2e_kg"] == pytest.approx(wh * (NIGHT + DAY) / 1000)
    [france] = books.store.rows(
        "SELECT argMax(g_per_kwh, ts) AS g FROM grid_intensity FINAL WHERE zone = 'FR' AND resolution = 'year'"
    )
    assert whatif(books, zone="FR")[0]["then_co2e_kg"] == pytest.approx(2 * wh * france["g"] / 1000)


@booked(3)
@given(spans=SPANS, to=st.sampled_from(["gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18"]))
def test_another_model_costs_and_emits_what_the_ledger_would_have_booked(books, spans, to):
    known = [span for span in spans if span["request_model"] != "our-own-model" and span["usage_source"] == "reported"]
    if not known:
        return
    books.book_alone(*known)
    [found] = whatif(books, assumed=moved_to(to))
    booked = books.book_alone(*(span | {"request_model": to} for span in known))
    assert found["then_list_cost"] == sum((call["list_cost"] for call in booked), Decimal(0))
    assert found["then_energy_kwh"] == pytest.approx(sum(call["energy_wh"] for call in booked) / 1000)
    # What bounds a call in the ledger are the ends of the assumptions.
    for end, bound in {"": "", "_least": "_low", "_most": "_high"}.items():
        assert found[f"then_co2e_kg{end}"] == pytest.approx(sum(call[f"co2e_g{bound}"] for call in booked) / 1000)


def test_another_model_is_reckoned_by_the_configured_energy_method_and_own_coefficients(books, monkeypatch):
    token_aware = load(data_dir=books.configuration.data_dir, energy_method="token-aware")
    monkeypatch.setattr(books, "configuration", token_aware)
    books.book_alone(at(3))
    [found] = whatif(books, assumed=moved_to("gpt-4o-mini-2024-07-18"))
    [booked] = books.book_alone(at(3, request_model="gpt-4o-mini-2024-07-18"))
    assert booked["energy_id"].startswith("token-aware/")
    assert found["then_energy_kwh"] == pytest.approx(booked["energy_wh"] / 1000, rel=1e-12)


def test_energy_measured_on_a_host_is_not_compared_with_another_model(books):
    [call] = books.book_alone(at(3))
    hour = call["ts"].replace(minute=0, second=0, microsecond=0)
    share = {"host_name": "gpu-1", "hour": hour, "ts": call["ts"], "wh_low": 1, "wh_high": 3, "version": 1}
    books.store.insert(
        "energy_allocation",
        [share | {"trace_id": call["trace_id"], "span_id": call["span_id"], "wh": 2.0},
         share | {"trace_id": "", "span_id": "", "wh": 0.0}],
    )  # fmt: skip
    [found] = whatif(books, assumed=moved_to("gpt-4o-mini-2024-07-18"))
    books.store.execute("TRUNCATE TABLE energy_allocation")
    assert (found["not_compared_calls"], found["cost_not_compared_calls"]) == (1, 0)
    assert found["then_list_cost"] < found["list_cost"]


def test_only_the_calls_of_the_replaced_model_move(books):
    books.book_alone(at(3), at(3, request_model="gpt-4o-mini-2024-07-18"), at(4, operation="embeddings"))
    assumed = Assumptions({"gpt-4o-2024-08-06": "openai/gpt-4o-mini-2024-07-18"})
    changed = {line["model"]: line for line in whatif(books, ["model"], assumed)}
    mini, large = changed["gpt-4o-mini-2024-07-18"], changed["gpt-4o-2024-08-06"]
    assert mini["then_co2e_kg"] == pytest.approx(mini["co2e_kg"])
    assert large["then_co2e_kg"] < large["co2e_kg"] / 10


@booked(4)
@given(spans=SPANS, share=st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_caching_costs_what_the_ledger_would_have_booked(books, spans, share):
    priced = [span for span in spans if span["request_model"] != "our-own-model" and span["usage_source"] == "reported"]
    if not priced:
        return
    books.book_alone(*priced)
    [found] = whatif(books, assumed=Assumptions(cache_hit_rate=share))
    cached = [span | {"cache_read_tokens": max(5_000, int(span["input_tokens"] * share))} for span in priced]
    booked = books.book_alone(*cached)
    assert found["then_list_cost"] == sum((call["list_cost"] for call in booked), Decimal(0))
    assert found["then_list_cost"] <= found["list_cost"]


def test_the_statement_names_the_files_contracts_and_hosts_behind_its_figures(books, spanledger):
    [call] = books.book_alone(at(3))
    moment = call["ts"].replace(minute=0, second=0, microsecond=0)
    nothing = dict.fromkeys(("hours_new", "hours_corrected", "hours_unchanged"), 0)
    imported = nothing | {
        "sha256": "",
        "zone": "DE",
        "signal": "average",
        "basis": "lifecycle",
        "first_hour": moment,
        "last_hour": moment,
    }
    books.store.insert(
        "grid_import",
        [
            imported | {"origin": "DE.csv", "sha256": "ab12", "hours_new": 1},
            imported | {"origin": "again.csv", "sha256": "ab12", "hours_unchanged": 1},
            imported | {"origin": "GB.csv", "zone": "GB", "hours_new": 1},
            imported | {"origin": "marginal.csv", "signal": "marginal", "hours_new": 1},
        ],
    )
    lasting = {"valid_from": datetime(2024, 1, 1, tzinfo=UTC), "valid_until": datetime(2025, 1, 1, tzinfo=UTC)}
    contract = {"kind": "ppa", "zone": "DE", "provider": "", "mwh": None, "g_per_kwh": 11.0, "source": "a test"}
    books.store.insert(
        "grid_contract",
        [
            contract | lasting | {"contract_id": "wind", "share": 0.5},
            contract | {"contract_id": "old", "share": 0.5, "valid_from": datetime(2022, 1, 1, tzinfo=UTC),
                        "valid_until": datetime(2023, 1, 1, tzinfo=UTC)},
        ],
    )  # fmt: skip
    told = json.loads(spanledger("carbon", "statement", "--month", "2024-10", "--format", "json"))
    for table in ("grid_import", "grid_contract"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    assert [(one["origin"], one["sha256"]) for one in told["imports"]] == [("DE.csv", "ab12")]
    assert [(one["contract_id"], one["share"]) for one in told["contracts"]] == [("wind", 0.5)]
    assert told["hosts"] == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("", 0, UNCHANGED), "nothing would be different"),
        (("GERMANY", 0, UNCHANGED), "meant DE"),
    ],
)
def test_a_scenario_that_cannot_be_reckoned_says_why(asked, said):
    with pytest.raises(WhatIfError, match=said):
        read(*asked)


def test_a_model_that_nobody_knows_is_refused_with_the_nearest(books, spanledger):
    books.book_alone(at(3))
    told = spanledger("carbon", "whatif", "--model", "gpt-4o-ultra-9", "--month", "2024-10", fails=True)
    assert re.search(r"--model gpt-4o-ultra-9: .*nearest known are .*gpt-4o", told)


def test_a_window_in_a_zone_without_hours_is_refused(books, spanledger):
    books.book_alone(at(3))
    told = spanledger("carbon", "whatif", "--zone", "FR", "--window", "3", "--month", "2024-10", fails=True)
    assert "'FR' has no intensities by the hour" in told


def test_the_statement_of_one_ledger_is_one_text_and_tells_of_every_change(books, spanledger):
    spans = [at(hour, tenant_id=f"t{hour % 3}", output_tokens=hour * 7) for hour in range(24)]
    books.book_alone(*spans, at(5, request_model="our-own-model"))
    text, stated = (
        spanledger("carbon", "statement", "--month", "2024-10", "--format", form) for form in ("markdown", "json")
    )
    books.store.execute("OPTIMIZE TABLE ledger FINAL")
    assert spanledger("carbon", "statement", "--month", "2024-10") == text
    told = json.loads(stated)
    [total] = books.report("carbon/report")
    assert told["totals"]["calls"] == 25
    assert told["totals"]["energy_kwh"] == pytest.approx(total["energy_kwh"], rel=1e-8)
    assert told["totals"]["co2e_kg"] == pytest.approx(total["co2e_kg"], rel=1e-8)
    assert {one["energy_method"]: one["calls"] for one in told["energy_coverage"]}["unknown"] == 1
    assert sum(one["share_of_calls"] for one in told["grid_coverage"]) == pytest.approx(1)
    assert [one["model"] for one in told["unknown_models"]] == ["our-own-model"]
    assert {"DE"} == {one["zone"] for one in told["intensities"]}
    assert "| our-own-model |" in text
    assert told["settings"]["energy_bounds"] == "envelope"
    # The entry that the figures rest on, and the other method's, which the bounds rest on too.
    assert {(factor["energy_id"], factor["models"]) for factor in told["energy_factors"]} == {
        ("token-aware/openai/gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
        ("ecologits/openai/gpt-4o-2024-08-06", "gpt-4o-2024-08-06"),
    }
    restated = "INSERT INTO ledger SELECT * REPLACE (version + 1 AS version, co2e_g * 2 AS co2e_g) FROM ledger LIMIT 1"
    books.store.execute(restated)
    assert (
        json.loads(spanledger("carbon", "statement", "--month", "2024-10", "--format", "json"))["software"]
        != (told["software"])
    )
