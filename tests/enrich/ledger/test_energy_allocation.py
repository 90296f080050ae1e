"""Measured energy: a host's samples are shared out over the calls that it served, and none of it is lost or made."""

import math
import time
from datetime import UTC, datetime, timedelta

import pytest
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

from spanledger_enrich.books.restatement import restate
from spanledger_enrich.books.scope import Scope
from spanledger_enrich.ledger.energy_allocation import allocate
from spanledger_enrich.worker import Worker
from spanledger_vocabulary.provider import providers

NOON = datetime(2024, 10, 8, 12, 0, tzinfo=UTC)
CALL = {
    "provider": "vllm", "request_model": "our-own", "host_name": "gpu-1", "server_address": "", "ts": NOON,
    "duration_ms": 10_000.0, "output_tokens": 100, "input_tokens": 0, "cache_read_tokens": 0,
}  # fmt: skip


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def sample(number, begun, lasted, wh, **changes):
    return {
        "ingested_at": datetime.now(UTC), "trace_id": f"{number:032x}", "span_id": f"{number:016x}",
        "host_name": "gpu-1", "cloud_region": "", "cloud_provider": "",
        "started_at": after(begun), "ended_at": after(begun + lasted), "wh": wh, "cpu_wh": 0.0, "gpu_wh": wh,
        "ram_wh": 0.0, "cpu_source": "rapl", "gpu_source": "nvml", "ram_source": "estimate", "flaw": "",
        **changes,
    }  # fmt: skip


def host(books, policy, owner="", pue=None):
    books.store.insert(
        "energy_host",
        [{"host_name": "gpu-1", "idle_policy": policy, "owner": owner, "pue": pue, "source": "a test"}],
    )


@pytest.fixture
def metered(books):
    for table in ("llm_spans", "ledger", "enrich_progress", "energy_sample", "energy_allocation", "energy_host"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    return books


def measured(books, *samples):
    books.store.insert("energy_sample", list(samples))
    books.enrich()


def calls(books):
    return books.store.rows("SELECT * FROM calls ORDER BY span_id")


def hours(books):
    return books.store.rows("SELECT * FROM energy_by_host ORDER BY host_name, hour")


def test_a_call_alone_on_its_host_gets_what_the_host_drew_times_the_overhead(metered):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0))
    [call] = calls(metered)
    assert call["energy_method"] == "measured"
    assert call["energy_id"] == "measured/gpu-1"
    assert call["energy_wh"] == pytest.approx(2.0 * 1.56)
    # Meters see neither fans nor power supplies, and nobody gave the overhead: 1.1 to 1.8.
    assert call["energy_wh_low"] == pytest.approx(2.0 * 1.1)
    assert call["energy_wh_high"] == pytest.approx(2.0 * 1.8 * 1.8)
    assert call["pue"] == 1.56
    assert call["co2e_g"] == pytest.approx(call["energy_wh"] / 1000 * call["intensity_g_per_kwh"])
    assert call["version"] > 0


@pytest.mark.parametrize(("of_host", "of_provider", "pue"), [(1.2, 1.4, 1.2), (None, 1.4, 1.4), (1.2, None, 1.2)])
def test_the_overhead_is_the_hosts_own_else_its_providers(metered, of_host, of_provider, pue):
    metered.store.execute("TRUNCATE TABLE energy_facility")
    host(metered, "own", pue=of_host)
    if of_provider:
        facility = {"provider": "vllm", "cloud_region": "", "pue": of_provider}
        metered.store.insert("energy_facility", [facility])
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0))
    metered.store.execute("TRUNCATE TABLE energy_facility")
    [call] = calls(metered)
    assert (call["pue"], call["energy_wh"]) == (pue, pytest.approx(2.0 * pue))


def test_two_calls_share_by_their_weighted_tokens_and_the_time_in_the_sample(metered):
    metered.ingest(
        CALL,
        CALL | {"output_tokens": 200, "input_tokens": 600, "cache_read_tokens": 100},
        CALL | {"ts": after(5), "output_tokens": 100},
    )
    measured(metered, sample(1, 0, 10, 4.52))
    # 100; 200 + 0.2 x 500 + 0.02 x 100; and half of 100, for the rest of it ran after the sample.
    assert [call["energy_wh"] / 1.56 for call in calls(metered)] == pytest.approx([1.0, 3.02, 0.5])


def test_a_call_that_began_hours_before_is_still_served(metered):
    metered.ingest(CALL | {"duration_ms": 4 * 3600e3})
    measured(metered, sample(1, 3 * 3600, 10, 2.0))
    [call] = calls(metered)
    assert call["energy_method"] == "measured"
    assert call["energy_wh"] / 1.56 == pytest.approx(2.0)


def test_energy_of_the_time_without_calls_is_idle_and_stays_on_its_own_line(metered):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 20, 2.0), sample(2, 20, 20, 1.0))
    [call] = calls(metered)
    assert call["energy_wh"] / 1.56 == pytest.approx(1.0)
    [hour] = hours(metered)
    assert (hour["served_wh"], hour["idle_wh"], hour["measured_wh"]) == pytest.approx((1.0, 2.0, 3.0))


def test_shared_idle_energy_is_put_on_the_calls_of_the_sample_else_of_the_hour(metered):
    host(metered, "shared", pue=1.2)
    metered.ingest(CALL, CALL | {"output_tokens": 300})
    measured(metered, sample(1, 0, 20, 2.0), sample(2, 20, 20, 1.0))
    assert [call["energy_wh"] / 1.2 for call in calls(metered)] == pytest.approx([0.75, 2.25])
    [hour] = hours(metered)
    assert (hour["idle_wh"], hour["measured_wh"]) == pytest.approx((0.0, 3.0))


def test_an_owners_idle_energy_bears_the_owners_name(metered):
    host(metered, "owner", owner="platform-team")
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 20, 2.0))
    [hour] = hours(metered)
    assert (hour["idle_tenant"], hour["idle_policy"]) == ("platform-team", "owner")
    assert hour["idle_wh"] == pytest.approx(1.0)


def test_an_estimated_part_of_a_sample_widens_the_bounds(metered):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0, gpu_wh=1.0, cpu_wh=1.0, cpu_source="estimate"))
    [call] = calls(metered)
    bounds = (call["energy_wh_low"], call["energy_wh"], call["energy_wh_high"])
    assert bounds == pytest.approx((1.5 * 1.1, 2.0 * 1.56, 2.5 * 1.8 * 1.8))


@pytest.mark.parametrize(("repeated", "overlapping"), [(0.5, 0), (6, 2)])
def test_two_machines_under_one_name_are_told_and_widen_the_bounds(metered, repeated, overlapping):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0), sample(2, 10 - repeated, 10, 2.0))
    [hour] = hours(metered)
    assert (hour["samples"], hour["overlapping_samples"]) == (2, overlapping)
    assert hour["measured_wh"] == pytest.approx(4.0), "what was drawn is not lost"
    [call] = calls(metered)
    width = call["energy_wh_high"] / call["energy_wh_low"]
    assert width == pytest.approx(1.8 * 1.8 / 1.1 * (4 if overlapping else 1))


def test_a_sample_with_a_flaw_is_no_evidence_and_is_told(metered):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0), sample(2, 10, 10, 72_000.0, flaw="more than 50 kW"))
    [call] = calls(metered)
    assert call["energy_wh"] / 1.56 == pytest.approx(2.0)
    [host] = metered.store.frame("reports/energy/hosts", **{"from": after(-3600), "to": after(3600)}).to_dict("records")
    assert (host["measured_wh"], host["refused_samples"], host["refused"]) == (2.0, 1, "more than 50 kW")
    metered.enrich(restarted=True)
    assert metered.store.rows("SELECT version FROM calls") == [{"version": call["version"]}]


def test_a_sample_that_comes_late_corrects_the_calls_and_a_second_time_changes_nothing(metered):
    metered.ingest(CALL, CALL | {"ts": after(4000)})
    metered.enrich()
    assert {call["energy_method"] for call in calls(metered)} == {"unknown"}
    measured(metered, sample(1, 0, 10, 2.0))
    first, other = calls(metered)
    assert (first["energy_method"], other["energy_method"]) == ("measured", "unknown")
    allocate(metered.store, metered.configuration, everything=True)
    metered.enrich(restarted=True)
    assert calls(metered) == [first, other]
    # The same sample, delivered twice, and another of the same time's second half.
    measured(metered, sample(1, 0, 10, 2.0), sample(2, 4000, 10, 1.0))
    assert [call["energy_wh"] / 1.56 for call in calls(metered)] == pytest.approx([2.0, 1.0])


def test_a_call_that_comes_late_takes_its_share_from_the_others(metered):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0))
    metered.ingest(CALL)
    metered.enrich()
    assert [call["energy_wh"] / 1.56 for call in calls(metered)] == pytest.approx([1.0, 1.0])


def test_calls_to_a_providers_api_do_not_get_the_energy_of_the_host_of_the_app(metered):
    metered.ingest(
        CALL,
        CALL | {"provider": "openai", "server_address": "api.openai.com"},
        CALL | {"provider": "anthropic"},
        CALL | {"provider": "openai", "server_address": "gpu-1"},
        CALL | {"host_name": "gpu-2"},
    )
    measured(metered, sample(1, 0, 10, 2.0))
    assert [call["energy_method"] == "measured" for call in calls(metered)] == [True, False, False, True, False]


def test_what_is_enriched_anew_keeps_its_measured_energy(metered):
    metered.ingest(CALL)
    measured(metered, sample(1, 0, 10, 2.0))
    [before] = calls(metered)
    metered.store.execute("TRUNCATE TABLE ledger")
    metered.store.execute("TRUNCATE TABLE enrich_progress")
    metered.enrich(restarted=True)
    [again] = calls(metered)
    assert {**again, "version": 0, "enriched_at": 0} == {**before, "version": 0, "enriched_at": 0}


def test_a_call_over_the_turn_of_an_hour_gets_energy_of_both(metered):
    metered.ingest(CALL | {"ts": after(3595)})
    measured(metered, sample(1, 3590, 10, 1.0), sample(2, 3600, 10, 3.0))
    [call] = calls(metered)
    assert call["energy_wh"] / 1.56 == pytest.approx(0.5 + 1.5)
    assert [hour["idle_wh"] for hour in hours(metered)] == pytest.approx([0.5, 1.5])


@pytest.mark.parametrize("policy", ["own", "shared", "owner"])
def test_no_energy_is_lost_with_several_hosts_a_call_told_twice_and_a_restatement(metered, policy):
    host(metered, policy, owner="acme", pue=1.2)
    call = CALL | {"response_id": "", "scope_name": "one"}
    told_twice = call | {"ts": after(10), "response_id": "answer-1"}
    metered.ingest(
        call, told_twice, told_twice | {"ts": after(10.1), "duration_ms": 9_900.0, "scope_name": "another"},
        call | {"host_name": "gpu-2", "ts": after(5), "tenant_id": "globex"},
        call | {"host_name": "", "provider": "openai", "request_model": "gpt-4o-2024-08-06"},
    )  # fmt: skip
    of_gpu_2 = {"host_name": "gpu-2"}
    measured(metered, sample(1, 0, 30, 3.0), sample(2, 30, 30, 1.0), sample(3, 0, 60, 8.0, **of_gpu_2))
    # Whatever comes later: a sample of one host, and everything computed anew.
    measured(metered, sample(4, 60, 60, 2.0, **of_gpu_2))
    for _ in range(2):
        by_host = {row["host_name"]: row["measured_wh"] for row in hours(metered)}
        assert by_host == pytest.approx({"gpu-1": 4.0, "gpu-2": 10.0})
        booked = [call for call in calls(metered) if call["energy_method"] == "measured"]
        assert len(booked) == 3
        idle = math.fsum(row["idle_wh"] for row in hours(metered))
        assert math.fsum(call["energy_wh"] / call["pue"] for call in booked) + idle == pytest.approx(14.0)
        assert {call["host_name"]: call["pue"] for call in booked} == {"gpu-1": 1.2, "gpu-2": 1.56}
        tenants = metered.store.rows("SELECT tenant_id, sum(energy_wh) AS wh FROM calls GROUP BY tenant_id")
        total = metered.store.value("SELECT sum(energy_wh) FROM calls")
        assert math.fsum(row["wh"] for row in tenants) == pytest.approx(total)
        everything = Scope(changed=False)
        restate(metered.store, metered.configuration, everything, requested_by="a test", reason="anew")
        metered.enrich(restarted=True)


intervals = st.tuples(st.integers(0, 7200), st.integers(0, 200), st.integers(0, 5000), st.sampled_from(["gpu-1", "b"]))


@booked(5)
@given(
    served=st.lists(intervals, max_size=12),
    lengths=st.lists(st.integers(1, 400), min_size=1, max_size=20),
    energies=st.lists(st.floats(0, 1e3, allow_subnormal=False), min_size=20, max_size=20),
    policy=st.sampled_from(["own", "shared", "owner"]),
)
def test_what_is_allotted_and_idle_sums_to_what_was_measured(books, served, lengths, energies, policy):
    for table in ("llm_spans", "ledger", "enrich_progress", "energy_sample", "energy_allocation", "energy_host"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    host(books, policy)
    books.ingest(
        *(
            CALL | {"ts": after(begun), "duration_ms": 1000.0 * lasted, "output_tokens": tokens, "host_name": name}
            for begun, lasted, tokens, name in served
        )
    )
    begun, samples = 0, []
    for number, length in enumerate(lengths):
        samples.append(sample(number + 1, begun, length, energies[number]))
        begun += length
    measured(books, *samples)
    expected = math.fsum(row["wh"] for row in samples)
    allotted = math.fsum(hour["measured_wh"] for hour in hours(books))
    booked = math.fsum(call["energy_wh"] / call["pue"] for call in calls(books) if call["energy_method"] == "measured")
    idle = math.fsum(hour["idle_wh"] for hour in hours(books))
    assert allotted == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert booked + idle == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert all(call["energy_wh"] >= 0 for call in calls(books) if call["energy_method"] == "measured")
    assert idle >= 0


def test_only_calls_that_ran_on_the_host_get_its_energy_whatever_the_provider(metered):
    apis = [provider for provider in providers() if provider.is_api]
    elsewhere = [{"provider": name} for provider in apis for name in (provider.name, *provider.aliases)]
    elsewhere += [
        {"provider": "openai", "server_address": at}
        for provider in apis
        for host in provider.hosts
        for at in (host.replace("*", "eu"), f"api.{host}".replace("*", "eu"), f"{host.replace('*', 'eu')}:443")
    ]
    here = [{"provider": name} for one in providers() if not one.is_api for name in (one.name, *one.aliases)]
    here += [{"provider": "openai", "server_address": at} for at in ("box.ai", "gpu-1", "10.0.0.7", "notopenai.com")]
    metered.ingest(*(CALL | call for call in (*elsewhere, *here)))
    measured(metered, sample(1, 0, 10, 2.0))
    found = [call["energy_method"] == "measured" for call in calls(metered)]
    assert found == [False] * len(elsewhere) + [True] * len(here)


@pytest.mark.parametrize("away", [timedelta(days=3650), timedelta(days=-3650)])
def test_energy_is_shared_out_whatever_the_clock_said(metered, away, monkeypatch):
    now = datetime.now(UTC)
    worker = Worker(metered.store, metered.configuration)
    at = time.time_ns() + int(away.total_seconds() * 1e9)
    with monkeypatch.context() as patched:
        patched.setattr(time, "time_ns", lambda: at)
        metered.ingest(CALL)
        metered.store.insert("energy_sample", [sample(1, 0, 10, 2.0, ingested_at=now + away)])
        worker.catch_up()
    metered.store.insert("energy_sample", [sample(2, 10, 10, 1.0, ingested_at=now)])
    worker.catch_up()
    [hour] = hours(metered)
    assert (hour["served_wh"], hour["idle_wh"]) == pytest.approx((2.0, 1.0))
    metered.ingest(CALL | {"ts": after(10)})
    metered.store.insert("energy_sample", [sample(3, 20, 10, 5.0, ingested_at=now - timedelta(days=9))])
    worker.catch_up()
    [hour] = hours(metered)
    assert (hour["served_wh"], hour["idle_wh"]) == pytest.approx((3.0, 5.0))
    assert [call["energy_method"] for call in calls(metered)] == ["measured", "measured"]
    before = metered.store.value("SELECT max(version) FROM energy_allocation")
    worker.catch_up()
    assert Worker(metered.store, metered.configuration).catch_up() == 0
    assert metered.store.value("SELECT max(version) FROM energy_allocation") == before
