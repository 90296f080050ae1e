"""What somebody meets who starts: which configuration holds, a ledger that is not there, a port that is none."""

import io
import subprocess
import sys
from contextlib import redirect_stderr

import pytest
from harness.books import Books
from harness.command import in_process

from spanledger_cli.what_there_is import say_what_there_is
from spanledger_settings.configuration import ConfigurationError, load, unknown_variables
from spanledger_settings.period import period
from spanledger_sql.store import Store, StoreError

REPORTS = [
    ("chargeback",), ("carbon",), ("quality",), ("whatif", "--model", "gpt-4o-mini"), ("sql", "SELECT 1"),
    ("prices", "list"), ("energy", "list"), ("grid", "list"), ("commitments", "list"), ("restate", "--dry-run"),
]  # fmt: skip


@pytest.mark.parametrize("line", REPORTS, ids=" ".join)
def test_a_report_makes_no_ledger_where_there_is_none(tmp_path, line):
    done = in_process(*line, data_dir=tmp_path / "typo")
    assert done.returncode == 1
    assert f"there is no ledger in {tmp_path / 'typo'}" in done.stderr.replace("\n", "")
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("line", [("chargeback",), ("carbon",), ("quality",)], ids=" ".join)
def test_an_empty_ledger_bills_nobody_and_says_so(command, line):
    done = command(*line, "--month", "2024-10", "--format", "csv")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "it is empty" in done.stderr


def test_an_empty_ledger_says_that_calls_are_on_their_way(command, configuration):
    with Store.open(configuration, exclusive=True) as store:
        Books(store, configuration).ingest({"input_tokens": 10})
    done = command("chargeback", "--month", "2024-10")
    assert done.returncode == 1
    assert "it is empty. 1 call came in and not into the ledger yet" in done.stderr.replace("\n", " ")
    with Store.open(configuration, exclusive=True) as store:
        Books(store, configuration).fill({})
        # A report that found nothing a moment ago.
        with redirect_stderr(io.StringIO()) as told:
            say_what_there_is(store, period("2024-10", None, None, "UTC"))
    assert "it has 1 call of that time by now" in told.getvalue().replace("\n", " ")


def test_the_configuration_is_named_or_in_a_usual_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPANLEDGER_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "users"))
    places = {tmp_path / "named.toml": 1111, tmp_path / "spanledger.toml": 2222,
              tmp_path / "users/spanledger/spanledger.toml": 3333}  # fmt: skip
    (tmp_path / "users/spanledger").mkdir(parents=True)
    for place, port in places.items():
        place.write_text(f"dashboard_port = {port}\n")
    named, here, users = places
    assert load(named).dashboard_port == 1111
    monkeypatch.setenv("SPANLEDGER_CONFIG", str(named))
    assert load().dashboard_port == 1111
    monkeypatch.delenv("SPANLEDGER_CONFIG")
    assert load().dashboard_port == 2222
    here.unlink()
    assert load().dashboard_port == 3333
    users.write_text("dashbord_port = 1\n")
    with pytest.raises(
        ConfigurationError, match=r"users/spanledger/spanledger\.toml: .*'dashbord_port'; meant dashboard_port"
    ):
        load()


def test_a_configuration_that_is_not_there_is_said(tmp_path):
    done = in_process("--config", tmp_path / "no.toml", "doctor", data_dir=tmp_path)
    assert done.returncode == 2
    assert "no.toml: there is no such file" in done.stderr.replace("\n", "")


def test_a_variable_that_is_no_setting_is_named_with_the_nearest():
    given = ["SPANLEDGER_DATADIR", "SPANLEDGER_COLOUR", "SPANLEDGER_ENDPOINT", "SPANLEDGER_DATA_DIR", "HOME",
             "SPANLEDGER_SERVICE_HOST", "SPANLEDGER_PORT_4318_TCP_ADDR", "SPANLEDGER_SERVICE_PORT_OTLP"]  # fmt: skip
    assert unknown_variables(given) == {"SPANLEDGER_COLOUR": "", "SPANLEDGER_DATADIR": "SPANLEDGER_DATA_DIR"}


def test_a_command_names_variables_that_are_no_settings(command):
    done = command("sql", "SELECT 1", SPANLEDGER_DATADIR="/tmp/elsewhere")
    assert done.returncode == 0
    assert "SPANLEDGER_DATADIR is no setting of Spanledger; meant SPANLEDGER_DATA_DIR?" in done.stderr


@pytest.mark.parametrize("option", ["--otlp-http-port", "--otlp-grpc-port", "--dashboard-port"])
@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, option, port):
    done = in_process("up", option, port, data_dir=tmp_path / "data")
    assert done.returncode == 2
    assert "Input should be" in done.stderr
    assert not (tmp_path / "data").exists()


def test_a_data_folder_that_is_empty_is_not_where_one_happens_to_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPANLEDGER_DATA_DIR", "")
    with pytest.raises(ConfigurationError, match=r"data_dir: .*it is empty; expected a folder"):
        load()


def test_an_interrupted_start_ends_without_a_trace():
    program = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'spanledger_cli.cli': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from spanledger_cli.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize(
    "line",
    [
        ("chargeback", "--month", "2024-13"),
        ("chargeback", "--by", "colour"),
        ("chargeback", "--colour"),
        ("carbon", "whatif", "--zone", "GERMANY"),
        ("grid", "place", "vllm", "GERMANY"),
        ("grid", "sync", "--source", "gb", "--zone", "GERMANY", "--from", "2024-10-01"),
        ("explain", "0" * 32, "0" * 16),
        ("prices", "remove", "nobody"),
        ("prices", "alias", "nobody", "--remove"),
        ("bills", "show", "nobody"),
        ("commitments", "remove", "nobody"),
        ("token", "revoke", "nobody"),
        ("restatements", "nobody", "--cancel"),
        ("forget", "--tenant", "nobody", "--yes"),
        ("docs", "nothing"),
        ("charges", "remove", "nobody"),
        ("statement", "2024-10", "--tenant", "nobody"),
        ("restatements", "nobody"),
        ("prices", "import", "nobody.yaml"),
        ("replay", "nobody.jsonl"),
        ("sql", " "),
    ],
    ids=" ".join,
)
def test_what_does_not_exist_ends_with_the_status_of_an_unknown_option(command, line):
    assert command(*line).returncode == 2


def test_what_has_to_be_mended_is_an_error_of_one_status():
    assert StoreError("x").status == 1


def test_a_time_zone_that_does_not_exist_is_refused(monkeypatch):
    monkeypatch.setenv("SPANLEDGER_TIMEZONES", "Europe/Berlin, America/Los_Angeles")
    assert load().timezones == ("Europe/Berlin", "America/Los_Angeles")
    monkeypatch.setenv("SPANLEDGER_TIMEZONES", "Europe/Berlin,Europe/Bonn")
    with pytest.raises(ConfigurationError, match=r"timezones: .*'Europe/Bonn' is unknown; expected names such as"):
        load()
