"""Market-based emissions: what the user's contracts say, beside the location-based ones and never netted with them."""

from datetime import UTC, datetime, timedelta

import pytest

from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.grid.contract_doubt import doubts
from spanledger_enrich.grid.grid_contract import read_files, record

JUNE = datetime(2024, 6, 10, 12, tzinfo=UTC)
CALL = {"provider": "azure.ai.openai", "cloud_region": "germanywestcentral", "output_tokens": 1_000, "ts": JUNE}
HEAD = "id,kind,zone,from,to,mwh,share,g_per_kwh,provider"


@pytest.fixture
def csv(tmp_path):
    def write(*lines):
        path = tmp_path / "contracts.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def contracted(books, csv):
    """Imports contracts into an empty ledger with hours for Germany, and takes them away."""
    for table in ("llm_spans", "ledger", "enrich_progress", "grid_contract"):
        books.store.execute(f"TRUNCATE TABLE {table}")
    books.hours("DE", "2024-06-10", [300.0] * 24)

    def put(*lines):
        [file] = read_files([csv(HEAD, *lines)])
        assert record(books.store, file) == len(lines)
        return books

    yield put
    books.store.execute("TRUNCATE TABLE grid_contract")


def market(call):
    return call["market_g_per_kwh"], call["market_source"]


def test_without_contracts_market_based_emissions_are_the_location_based_ones_and_say_so(contracted, books):
    [call] = books.book(CALL)
    assert market(call) == (300, "location-based intensity")
    assert call["co2e_market_g"] == pytest.approx(call["co2e_g"], rel=1e-12)


def test_a_suppliers_factor_goes_before_the_residual_mix_and_both_before_the_grid(contracted):
    books = contracted(
        "gd,residual mix,DE,2024-01-01,2025-01-01,,,700,",
        "plan,supplier factor,DE,2024-06-01,2024-07-01,,,120,azure.ai.openai",
    )
    june, july = books.book(CALL, CALL | {"ts": JUNE + timedelta(days=30)})
    assert market(june) == (120, "supplier factor plan")
    assert market(july) == (700, "residual mix gd")
    assert june["intensity_g_per_kwh"] == 300, "location-based emissions do not change"
    assert june["co2e_market_g"] == pytest.approx(june["energy_wh"] / 1000 * 120)


def test_a_share_is_covered_and_the_rest_has_the_residual_mix(contracted):
    books = contracted(
        "gd,residual,DE,2024-01-01,2025-01-01,,,700,", "wind,GO,DE,2024-01-01,2025-01-01,,0.75,0,azure.ai.openai",
    )  # fmt: skip
    [call] = books.book(CALL)
    assert market(call) == (175, "certificate wind, residual mix gd")


def test_contracts_for_more_than_everything_cover_everything_once(contracted):
    books = contracted(
        "a,ppa,DE,2024-01-01,2025-01-01,,0.9,10,azure.ai.openai",
        "b,rec,DE,2024-01-01,2025-01-01,,0.9,30,azure.ai.openai",
    )
    [call] = books.book(CALL)
    assert market(call) == (pytest.approx(20), "ppa a, certificate b")


def test_a_contract_holds_for_its_provider_its_zones_and_its_period_alone(contracted):
    books = contracted(
        "a,supplier,DE,2024-06-10T12:00+00:00,2024-06-10T13:00+00:00,,,1,azure.ai.openai",
        "b,supplier,DE,2024-01-01,2025-01-01,,,2,vllm",
        "c,supplier,US,2024-01-01,2025-01-01,,,3,Azure",
    )
    calls = books.book(
        CALL,
        CALL | {"ts": JUNE + timedelta(hours=1)},
        CALL | {"provider": "vllm"},
        CALL | {"cloud_region": "westus"},
        CALL | {"cloud_region": "francecentral"},
    )
    assert [call["market_source"] for call in calls] == [
        "supplier factor a",
        "location-based intensity",
        "supplier factor b",
        "supplier factor c",
        "location-based intensity",
    ]


def test_a_contract_without_a_provider_covers_own_machines_and_no_api(contracted):
    books = contracted("go,GO,DE,2024-01-01,2025-01-01,,1,0,", "gd,residual mix,DE,2024-01-01,2025-01-01,,,700,")
    api, server = books.book(CALL, CALL | {"provider": "vllm"})
    assert market(api) == (700, "residual mix gd")
    assert market(server) == (0, "certificate go")


def test_a_contract_that_begins_within_an_hour_covers_none_of_what_was_before(contracted):
    books = contracted("go,GO,DE,2024-06-10T12:30+00:00,2024-06-11,,1,0,vllm")
    call = CALL | {"provider": "vllm"}
    before, after = books.book(call | {"ts": JUNE + timedelta(minutes=29)}, call | {"ts": JUNE + timedelta(minutes=31)})
    assert (market(before)[0], market(after)[0]) == (300, 0)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["go,GO,DE,2024-01-01,2025-01-01,,0.5,0,vllm,2021"], ["power of 2021 for use from 2024-01-01"]),
        (["go,GO,DE,2024-01-01,2025-01-01,,0.5,0,vllm,2023"], []),
        (
            ["go,GO,DE,2024-01-01,2025-01-01,5,,0,vllm,", "go,GO,FR,2024-06-01,2025-06-01,5,,0,vllm,"],
            ["go: is claimed twice, for DE at vllm and for FR at vllm"],
        ),
        (
            ["a,GO,DE,2024-01-01,2025-01-01,,0.7,0,vllm,", "b,GO,DE,2024-01-01,2025-01-01,,0.7,0,vllm,"],
            ["a: with others DE at vllm is covered to 140%", "b: with others DE at vllm is covered to 140%"],
        ),
    ],
)
def test_what_an_auditor_would_ask_of_contracts_is_told(books, csv, lines, said):
    books.store.execute("TRUNCATE TABLE grid_contract")
    [file] = read_files([csv(f"{HEAD},vintage", *lines)])
    told = doubts(books.store, file.rows)
    assert len(told) == len(said)
    assert all(part in text for part, text in zip(said, told, strict=True))
    record(books.store, file)
    assert doubts(books.store, file.rows) == told, "the same again is no second use"
    books.store.execute("TRUNCATE TABLE grid_contract")


def coverage(books):
    day = {"from": JUNE.replace(hour=0), "to": JUNE.replace(hour=0) + timedelta(days=1)}
    return books.store.frame("reports/grid/contract_coverage", **day).set_index("zone")


def test_volumes_are_matched_over_the_period_and_by_hour_and_both_are_told(contracted):
    # Noon has all of the wind and half of the consumption.
    books = contracted(
        "gd,residual mix,DE,2024-01-01,2025-01-01,,,600,",
        "sun,ppa,DE,2024-06-10T12:00+00:00,2024-06-10T13:00+00:00,1,,40,",
    )
    calls = books.book(CALL, CALL | {"ts": JUNE + timedelta(hours=6)})
    kwh = calls[0]["energy_wh"] / 1000
    [row] = coverage(books).reset_index().to_dict("records")
    assert row["consumed_kwh"] == pytest.approx(2 * kwh)
    assert row["contracted_kwh"] == pytest.approx(1000)
    assert (row["annual_share"], row["hourly_share"]) == pytest.approx((1.0, 0.5))
    assert row["location_kg"] == pytest.approx(2 * kwh * 0.3)
    assert row["market_annual_kg"] == pytest.approx(2 * kwh * 0.04)
    assert row["market_hourly_kg"] == pytest.approx(kwh * 0.04 + kwh * 0.6)


def test_a_volume_lies_evenly_over_its_period_and_only_its_part_in_the_report_counts(contracted):
    books = contracted(
        "go,certificate,DE,2024-06-09,2024-06-11,0.0048,,0,", "fr,certificate,FR,2024-06-10,2024-06-11,1,,0,"
    )
    books.book(CALL)
    rows = coverage(books)
    assert rows.at["DE", "contracted_kwh"] == pytest.approx(2.4)
    assert rows.at["DE", "hourly_kwh"] == pytest.approx(min(0.1, rows.at["DE", "consumed_kwh"]))
    assert rows.at["FR", "consumed_kwh"] == 0
    assert rows.at["FR", "annual_kwh"] == 0, "what France does not use covers nothing in Germany"


def test_what_is_covered_is_never_more_than_what_was_consumed_or_contracted(contracted):
    books = contracted("go,certificate,DE,2024-06-10,2024-06-11,0.000001,,0,")
    books.book(*(CALL | {"ts": JUNE + timedelta(hours=hour)} for hour in range(6)))
    row = coverage(books).loc["DE"]
    assert row["annual_kwh"] == pytest.approx(min(0.001, row["consumed_kwh"]))
    assert row["hourly_kwh"] == pytest.approx(0.001 * 6 / 24)
    assert row["market_hourly_kg"] >= row["market_annual_kg"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a,wish,DE,2024-01-01,2025-01-01,1,,0,", "contracts.csv:2: kind: 'wish': expected certificate, ppa"),
        ("a,ppa,Germany,2024-01-01,2025-01-01,1,,0,", "contracts.csv:2: zone: 'Germany': is no known zone; meant DE?"),
        ("a,ppa,DE,2024-13-01,2025-01-01,1,,0,", "contracts.csv:2: from: '2024-13-01': expected a date"),
        ("a,ppa,DE,2024,2025-01-01,1,,0,", "contracts.csv:2: from: '2024': expected a date"),
        ("a,ppa,DE,2025-01-01,2024-01-01,1,,0,", "contracts.csv:2: to: '2024-01-01': expected a moment after 'from'"),
        ("a,ppa,DE,2024-01-01,2025-01-01,1,,,", "contracts.csv:2: g_per_kwh: '': expected a number; 0 where"),
        ("a,ppa,DE,2024-01-01,2025-01-01,1,,-4,", "contracts.csv:2: g_per_kwh: '-4': a negative intensity"),
        ("a,ppa,DE,2024-01-01,2025-01-01,-1,,0,", "contracts.csv:2: mwh: '-1': expected a number of at least 0"),
        ("a,ppa,DE,2024-01-01,2025-01-01,,1.1,0,", "contracts.csv:2: share: '1.1': expected a number from 0 to 1"),
        ("a,ppa,DE,2024-01-01,2025-01-01,1,1,0,", "contracts.csv:2: kind: a ppa has both mwh and share"),
        ("a,ppa,DE,2024-01-01,2025-01-01,,,0,", "contracts.csv:2: kind: a ppa has neither mwh nor share"),
        ("a,residual,DE,2024-01-01,2025-01-01,1,,9,", "contracts.csv:2: kind: a residual mix is a factor"),
    ],
)
def test_a_bad_contract_is_named_by_line_and_field(csv, line, said):
    with pytest.raises(ImportFileError) as error:
        read_files([csv(HEAD, line)])
    assert said in str(error.value)


def test_a_contract_that_comes_twice_is_refused_and_imported_again_replaces_itself(contracted, csv):
    line = "a,ppa,DE,2024-01-01,2025-01-01,1,,0,"
    with pytest.raises(ImportFileError, match=r"contracts\.csv:3: id: 'a': comes twice"):
        read_files([csv(HEAD, line, line)])
    contracted(line)
    books = contracted(line.replace(",1,", ",2,"))
    assert books.store.frame("reports/grid/contracts")["mwh"].tolist() == [2.0]


def test_local_dates_begin_at_local_midnight(csv):
    [file] = read_files([csv(HEAD, "a,ppa,DE,2024-06-01,2024-07-01,1,,0,")], "Europe/Berlin")
    assert file.rows[0]["valid_from"] == datetime(2024, 5, 31, 22, tzinfo=UTC)
