"""Reports on carbon say what the rows of the ledger add up to, whatever is unknown."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from harness.command import in_process
from harness.examples import booked
from hypothesis import given
from hypothesis import strategies as st

# An example takes a ledger: making a failing one smaller would take minutes.
TENANTS = ("acme", "lumen", "(unattributed)")
AMOUNT = st.one_of(st.none(), st.floats(0, 50).map(lambda value: round(value, 6)))


@st.composite
def calls(draw):
    wh = draw(AMOUNT)
    intensity = None if wh is None else draw(AMOUNT)
    known = wh is not None and intensity is not None
    g = wh / 1000 * intensity if known else None
    return {
        "ts": datetime(2024, 10, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 31 * 1440 - 1))),
        "tenant_id": draw(st.sampled_from(TENANTS)),
        "user_id": draw(st.sampled_from(["", "u1", "u2"])),
        "session_id": draw(st.sampled_from(["", "s1", "s2", "s3"])),
        "feature": draw(st.sampled_from(["chat", "search"])),
        "provider": draw(st.sampled_from(["openai", "vllm"])),
        "host_name": draw(st.sampled_from(["", "gpu-1"])),
        "cloud_region": draw(st.sampled_from(["", "westus"])),
        "zone": draw(st.sampled_from(["DE", "GB"])),
        "input_tokens": draw(st.integers(0, 1000)),
        "output_tokens": draw(st.integers(0, 1000)),
        "energy_method": "unknown" if wh is None else draw(st.sampled_from(["measured", "modelled", "proxy"])),
        "energy_wh": wh,
        "energy_wh_low": None if wh is None else wh / 2,
        "energy_wh_high": None if wh is None else wh * 3,
        "intensity_g_per_kwh": intensity,
        "intensity_resolution": "unknown"
        if intensity is None
        else draw(st.sampled_from(["hour", "previous day", "month", "year"])),
        "co2e_g": g,
        "co2e_g_low": None if g is None else g / 2,
        "co2e_g_high": None if g is None else g * 3,
        "co2e_market_g": draw(AMOUNT),
        "embodied_g": draw(AMOUNT),
        "water_ml": draw(AMOUNT),
    }


LEDGERS = st.lists(calls(), min_size=1, max_size=25)
SUMS = {
    "energy_kwh": "energy_wh", "energy_kwh_least": "energy_wh_low", "energy_kwh_most": "energy_wh_high",
    "co2e_kg": "co2e_g", "co2e_kg_least": "co2e_g_low", "co2e_kg_most": "co2e_g_high",
    "co2e_market_kg": "co2e_market_g", "embodied_kg": "embodied_g", "water_l": "water_ml",
}  # fmt: skip
GAPS = {"unknown_energy_calls": "energy_wh", "unknown_co2e_calls": "co2e_g", "unknown_market_calls": "co2e_market_g",
        "unknown_embodied_calls": "embodied_g", "unknown_water_calls": "water_ml"}  # fmt: skip


def added(rows, column, scale=1000):
    """The sum of what is known, or None where nothing is."""
    known = [row[column] for row in rows if row[column] is not None]
    return math.fsum(known) / scale if known else None


def same(found, expected):
    return found is expected if expected is None else found == pytest.approx(expected, rel=1e-9, abs=1e-12)


@booked(25)
@given(rows=LEDGERS, by=st.sampled_from(["tenant", "feature", "region", "zone", "provider", "hour_of_day", "day"]))
def test_a_report_is_what_its_rows_add_up_to(books, rows, by):
    of = {
        "tenant": lambda row: row["tenant_id"],
        "feature": lambda row: row["feature"],
        "region": lambda row: row["cloud_region"],
        "zone": lambda row: row["zone"],
        "provider": lambda row: row["provider"],
        "hour_of_day": lambda row: f"{row['ts']:%H}",
        "day": lambda row: f"{row['ts']:%Y-%m-%d}",
    }[by]
    books.fill(*rows)
    reported = books.report("carbon/report", [by])
    assert {line[by] for line in reported} == {of(row) for row in rows}
    for line in reported:
        part = [row for row in rows if of(row) == line[by]]
        assert line["calls"] == len(part)
        assert all(same(line[name], added(part, column)) for name, column in SUMS.items())
        assert all(line[name] == sum(row[column] is None for row in part) for name, column in GAPS.items())
        for share, methods in {"measured_share": {"measured"}, "proxy_share": {"proxy"}}.items():
            assert line[share] == pytest.approx(sum(row["energy_method"] in methods for row in part) / len(part))
        filled = sum(row["intensity_resolution"] in {"previous day", "month"} for row in part)
        assert line["filled_share"] == pytest.approx(filled / len(part))


@booked(15)
@given(rows=LEDGERS)
def test_the_tenants_sum_to_the_total(books, rows):
    books.fill(*rows)
    [total] = books.report("carbon/report")
    whole, *tenants = books.report("carbon/report", ["tenant", "(whole)"])
    assert all(line["tenant"] for line in tenants)
    assert sum(line["calls"] for line in tenants) == total["calls"] == len(rows)
    # It is uncertain as the report by nothing says, and not as the tenants' sum.
    assert whole["co2e_because"] == total["co2e_because"]
    for name in (*SUMS, "co2e_kg_low", "co2e_kg_high", "energy_kwh_low"):
        assert same(whole[name], total[name])
    for name in SUMS:
        parts = [line[name] for line in tenants if line[name] is not None]
        assert same(total[name], math.fsum(parts) if parts else None)


@booked(20)
@given(rows=LEDGERS, unit=st.sampled_from(["call", "1000-tokens", "user", "session"]))
def test_sci_is_operation_and_hardware_by_unit_of_the_same_calls(books, rows, unit):
    books.fill(*rows)
    [found] = books.report("carbon/sci", unit=unit)
    known = [row for row in rows if row["co2e_g"] is not None and row["embodied_g"] is not None]
    name = f"{unit}_id"
    if unit == "call":
        units, scored = len(known), known
    elif unit == "1000-tokens":
        scored = [row for row in known if row["input_tokens"] + row["output_tokens"]]
        units = sum(row["input_tokens"] + row["output_tokens"] for row in scored) / 1000
    else:
        scored = [row for row in known if row[name]]
        units = len({(row["tenant_id"], row[name]) for row in scored})
    assert found["calls"] == len(scored)
    assert found["units"] == pytest.approx(units)
    if units:
        hardware = added(scored, "embodied_g", 1)
        operation = added(scored, "co2e_g", 1)
        assert same(found["sci_g"], (operation + hardware) / units)
        # Hardware has no bounds.
        assert found["sci_g_low"] >= hardware / units * (1 - 1e-9)
        assert operation == 0 or found["sci_g_low"] < found["sci_g_high"]
    else:
        assert found["sci_g"] is None
    assert found["calls"] + sum(
        found[gap] for gap in ("unknown_co2e_calls", "unknown_embodied_calls", "without_unit_calls")
    ) == len(rows)


@booked(20)
@given(rows=LEDGERS, providers=st.sampled_from([[], ["vllm"]]), hosts=st.sampled_from([[], ["gpu-1"]]))
def test_scopes_hold_each_call_once(books, rows, providers, hosts):
    books.fill(*rows)
    lines = {
        (line["scope"], line["category"][:10]): line
        for line in books.report("carbon/ghg", own_providers=providers, own_hosts=hosts)
    }
    own = [
        row
        for row in rows
        if row["energy_method"] == "measured" or row["provider"] in providers or row["host_name"] in hosts
    ]
    bought = [row for row in rows if row not in own]
    expected = {
        ("Scope 2", "electricit"): (own, True, False),
        ("Scope 3", "category 1"): (bought, True, True),
        ("Scope 3", "category 2"): (own, False, True),
    }
    assert set(lines) == {key for key, (part, *_) in expected.items() if part}
    for key, line in lines.items():
        part, operation, hardware = expected[key]
        assert line["calls"] == len(part)
        assert same(line["location_kg"], added(part, "co2e_g") if operation else None)
        assert same(line["market_kg"], added(part, "co2e_market_g") if operation else None)
        assert same(line["embodied_kg"], added(part, "embodied_g") if hardware else None)


def test_an_hour_that_a_clock_repeats_is_two_hours(books):
    books.fill(
        *({"ts": datetime(2024, 10, 27, hour, 30, tzinfo=UTC), "energy_wh": 1.0, "co2e_g": 0.3} for hour in (0, 1))
    )
    hours = books.report("carbon/report", ["hour"], timezone="Europe/Berlin")
    assert [line["hour"] for line in hours] == ["2024-10-27T02:00+0200", "2024-10-27T02:00+0100"]


def test_the_command_prints_rows_and_stays_one_command(books, spanledger):
    books.fill({"ts": datetime(2024, 10, 8, tzinfo=UTC), "energy_wh": 5.0, "co2e_g": 1.5, "energy_method": "modelled"})
    printed = spanledger("carbon", "--month", "2024-10", "--by", "tenant", "--format", "csv").splitlines()
    assert printed[0].startswith("tenant,calls,output_tokens,energy_kwh,")
    assert printed[1].startswith("acme,1,10,0.005,")


def test_a_total_of_unknown_figures_is_no_zero(books, spanledger):
    books.fill({"ts": datetime(2024, 10, 8, tzinfo=UTC), "energy_wh": 5.0, "co2e_g": 1.5})
    printed = spanledger("carbon", "--month", "2024-10", "--format", "table")
    total = next(line for line in printed.splitlines() if line.strip().startswith("total"))
    assert total.split()[-1] == "–"


def test_the_note_of_own_machines_names_the_settings(books, spanledger, monkeypatch):
    monkeypatch.setenv("SPANLEDGER_OWN_PROVIDERS", "vllm, Ollama_Chat")  # as LiteLLM calls it
    books.fill({"ts": datetime(2024, 10, 8, tzinfo=UTC), "provider": "ollama", "energy_wh": 5.0, "co2e_g": 1.5})
    printed = spanledger("carbon", "ghg", "--month", "2024-10", "--format", "csv")
    assert "\nScope 2,electricity of own or leased machines,1,0.005,0.0015," in printed


@pytest.mark.usefixtures("spanledger")
def test_calls_of_unmetered_server_software_are_asked_about(books):
    energy = {"energy_wh": 1.0, "energy_wh_low": 1.0, "energy_wh_high": 1.0}
    called = [("vllm", "modelled"), ("vllm", "modelled"), ("openai", "modelled"), ("ollama", "measured")]
    books.fill(*(energy | {"provider": name, "energy_method": method} for name, method in called))
    told = in_process("carbon", "ghg", "--month", "2024-10", data_dir=books.configuration.data_dir).stderr
    assert "Are these yours? Calls of vllm (2) ran unmetered" in " ".join(told.split())


@pytest.fixture
def idle_host(books):
    """A call, and more that its host drew while none ran."""
    known = {"energy_method": "measured", "energy_id": "measured/gpu-1", "intensity_resolution": "hour"}
    drew = {"energy_wh": 5.0, "energy_wh_low": 4.0, "energy_wh_high": 6.0, "co2e_g": 1.5, "co2e_g_low": 1.2,
            "co2e_g_high": 1.8, "intensity_g_per_kwh": 300.0, "co2e_market_g": 1.5}  # fmt: skip
    books.fill(known | drew | {"provider": "vllm", "feature": "chat"})
    hour = {
        "host_name": "gpu-1", "hour": datetime(2024, 10, 8, 12, tzinfo=UTC), "tenant_id": "", "idle_policy": "own",
        "cloud_region": "", "zone": "DE", "intensity_source": "a test", "intensity_resolution": "hour",
        "market_g_per_kwh": 300.0, "market_source": "", "pue": 1.0, "water_ml": None, "version": 1,
    }  # fmt: skip
    books.store.insert("idle_energy", [hour | {name: value * 10 for name, value in drew.items()}])
    yield books
    books.store.execute("TRUNCATE TABLE idle_energy")


@pytest.mark.parametrize("name", ["carbon/report", "carbon/ghg", "chargeback/chargeback"])
@pytest.mark.parametrize("by", ["tenant", "model", "provider", "cost_center"])
def test_what_idle_hosts_drew_is_named_and_ranked_with_nobody(idle_host, name, by):
    own = {"own_providers": [], "own_hosts": []} if name == "carbon/ghg" else {}
    rows = [row for row in idle_host.report(name, [by], **own) if row.get("scope") != "Scope 3"]
    assert [row[by] == "(idle)" for row in rows] == [False, True]
    assert rows[-1]["calls"] == 0
    assert rows[-1]["energy_kwh"] == pytest.approx(0.05)
