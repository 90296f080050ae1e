"""The commands as a user types them: what they print, and errors in a sentence."""

import csv
import io

import pytest
from harness.command import in_process
from harness.grid_server import KEY, PASSWORD, USER


@pytest.fixture
def spanledger(command, server):
    def run(*arguments, **variables):
        addresses = {
            "SPANLEDGER_ELECTRICITYMAPS_URL": f"{server.url}/v3",
            "SPANLEDGER_WATTTIME_URL": server.url,
            "SPANLEDGER_GB_CARBON_URL": server.url,
            "SPANLEDGER_GRID_REQUESTS_PER_SECOND": "1000",
            "SPANLEDGER_GRID_ATTEMPTS": "2",
        }
        return command(*arguments, **{**addresses, **variables})

    return run


def test_a_faulty_file_keeps_its_neighbours_out(spanledger, write):
    good = write("zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,300", name="good.csv")
    bad = write("zone,datetime,g_per_kwh", "DE,2024-10-08T01:00Z,-300", name="bad.csv")
    done = spanledger("grid", "import", good, bad)
    assert done.returncode == 1
    assert "bad.csv:2: g_per_kwh: '-300'" in done.stderr.replace("\n", "")
    assert spanledger("grid", "list", "--format", "csv").stdout.count("\n") == 1


def test_an_import_says_what_it_did_and_what_is_missing(spanledger, write):
    path = write("zone,datetime,g_per_kwh", "DE,2024-10-08T00:00Z,300", "DE,2024-10-08T02:00Z,300")
    done = spanledger("grid", "import", path)
    assert done.stdout.startswith("grid.csv (plain): 2 values new, 0 corrected, 0 unchanged; DE average lifecycle")
    assert "1 hour missing, the first 2024-10-08 01:00 UTC" in done.stderr


def test_sync_fetches_from_each_source_and_names_it(spanledger, server):
    days = ("--from", "2024-01-01", "--to", "2024-01-03")
    gb = spanledger("grid", "sync", "--source", "gb", "--zone", "GB", *days)
    assert gb.stdout == "GB (average, direct): 48 hours wanted, 48 new, 0 corrected\n", gb.stderr
    server.say(429, Retry_After="0")
    maps = spanledger(
        "grid", "sync", "--source", "electricitymaps", "--zone", "DE", "--zone", "NA", *days,
        SPANLEDGER_ELECTRICITYMAPS_KEY=KEY,
    )  # fmt: skip
    assert maps.stdout.count("48 new") == 2, maps.stderr
    watttime = spanledger(
        "grid", "sync", "--source", "watttime", "--zone", "CAISO_NORTH=US-CAL-CISO", *days,
        SPANLEDGER_WATTTIME_USER=USER, SPANLEDGER_WATTTIME_PASSWORD=PASSWORD,
    )  # fmt: skip
    assert "US-CAL-CISO (marginal, direct): 48 hours wanted, 48 new" in watttime.stdout, watttime.stderr
    listed = list(csv.DictReader(io.StringIO(spanledger("grid", "list", "--format", "csv").stdout)))
    assert [(row["zone"], row["signal"], row["basis"], row["hours"], row["missing"]) for row in listed] == [
        ("DE", "average", "lifecycle", "48", "0"),
        ("GB", "average", "direct", "48", "0"),
        ("NA", "average", "lifecycle", "48", "0"),
        ("US-CAL-CISO", "marginal", "direct", "48", "0"),
    ]


def test_a_zone_that_fails_does_not_keep_the_others_out(spanledger):
    done = spanledger(
        "grid", "sync", "--source", "electricitymaps", "--zone", "FR", "--zone", "DE", "--from", "2024-01-01",
        "--to", "2024-01-02", SPANLEDGER_ELECTRICITYMAPS_KEY=KEY,
    )  # fmt: skip
    assert done.returncode == 1
    assert "24 new" in done.stdout
    assert "no access to zone FR (zone FR: 0 hours stored; the same command" in done.stderr.replace("\n", " ")


@pytest.mark.parametrize(
    ("source", "zone", "variables", "complaint"),
    [
        ("electricitymaps", "DE", {}, "no key; set electricitymaps_key in spanledger.toml or SPANLEDGER_"),
        ("electricitymaps", "GERMANY", {"SPANLEDGER_ELECTRICITYMAPS_KEY": "x"}, "no known zone; meant DE?"),
        ("watttime", "CAISO_NORTH", {}, "no name or password; set watttime_user"),
        ("gb", "GB", {"SPANLEDGER_GB_CARBON_URL": "nowhere"}, "is no web address"),
    ],
)
def test_what_the_configuration_lacks_is_said_before_anything_is_opened(tmp_path, source, zone, variables, complaint):
    sync = ("grid", "sync", "--source", source, "--zone", zone, "--from", "2024-01-01")
    done = in_process(*sync, data_dir=tmp_path, **variables)
    assert done.returncode == (2 if "zone" in complaint else 1)
    assert complaint in done.stderr.replace("\n", " ")
    assert not list(tmp_path.iterdir())


def test_a_refused_key_is_a_sentence(spanledger):
    done = spanledger(
        "grid", "sync", "--source", "electricitymaps", "--zone", "DE", "--from", "2024-01-01",
        SPANLEDGER_ELECTRICITYMAPS_KEY="x",
    )  # fmt: skip
    assert done.returncode == 1
    assert "refused the key (401): Invalid auth-token; set electricitymaps_key" in " ".join(done.stderr.split())
