"""The command line itself: its list of commands, its version, what it imports, and errors in a sentence."""

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

import spanledger_collector
import spanledger_enrich
import spanledger_node
import spanledger_settings
import spanledger_sql
import spanledger_traffic
from spanledger_cli.cli import app
from spanledger_cli.command_list import COMMANDS
from spanledger_cli.output.export import Destination, Format
from spanledger_cli.request.report_request import Dimensions, ReportRequest, over_a_period
from spanledger_settings.mendable import MendableError
from spanledger_settings.period import PeriodError

# No user sees these: their callers answer them.
ANSWERED = {"GridStepError", "_PassingError"}


def ran(*arguments, **options):
    command = [sys.executable, "-m", "spanledger_cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def test_help_lists_every_command_under_a_heading():
    shown = CliRunner().invoke(app, ["--help"]).stdout
    for name, listed in COMMANDS.items():
        assert f"\n{listed.group}:\n" in shown
        assert f"\n  {name} " in shown
        assert listed.line in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_is_there(name):
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert f"Usage: spanledger {name} " in shown.stdout
    told = shown.stdout.split("\nOptions:")[0]
    assert not re.search(r"^ +spanledger .*\n +\S", told, re.MULTILINE), "an example is broken where lines end"


def test_a_mistyped_command_is_told_the_nearest():
    done = CliRunner().invoke(app, ["chargback"])
    assert done.exit_code == 2
    assert "Did you mean 'chargeback'" in done.stderr


def test_the_version_is_printed_without_a_command():
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"{version('spanledger')}\n")


@pytest.mark.parametrize("asked", ["--help", "--version"])
def test_help_and_version_import_no_database_and_no_tables(asked):
    program = (
        "import sys\n"
        "from spanledger_cli.cli import main\n"
        f"sys.argv = ['spanledger', {asked!r}]\n"
        "try:\n    main()\n"
        "finally:\n    print([name for name in ('chdb', 'pandas', 'pydantic', 'rich', 'httpx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_error_of_a_room_is_mendable_or_answered_there():
    rooms = (spanledger_collector, spanledger_enrich, spanledger_node, spanledger_settings, spanledger_sql,
             spanledger_traffic)  # fmt: skip
    found = {}
    for room in rooms:
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if module.name.endswith(".app"):
                continue
            for name, one in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
                if issubclass(one, Exception) and one.__module__ == module.name and name.endswith("Error"):
                    found[name] = issubclass(one, MendableError)
    assert {name for name, mendable in found.items() if not mendable} == ANSWERED
    assert len(found) > 12


@pytest.fixture
def up(tmp_path):
    """Runs a node on any free ports, with a data folder whose path is too long for a socket."""
    folder = tmp_path / ("d" * 100)
    folder.mkdir()
    ports = [part for name in ("otlp-http", "otlp-grpc", "dashboard") for part in (f"--{name}-port", "0")]
    return folder, lambda **variables: ran("--data-dir", folder, "up", *ports, env=os.environ | variables)


def test_what_the_machine_refuses_is_a_sentence_that_names_the_place(up):
    folder, run = up
    (folder / "spool").touch()
    done = run()
    assert done.returncode == 1
    assert done.stderr.replace("\n", "") == f"spanledger: error: {folder}/spool: File exists"


def test_a_folder_that_others_may_read_is_refused_in_a_sentence(up, tmp_path):
    short = tmp_path / f"spanledger-{os.getuid()}"
    short.mkdir(mode=0o755)
    done = up[1](TMPDIR=str(tmp_path))
    assert done.returncode == 1
    told = done.stderr.replace("\n", "")
    assert told.startswith(f"spanledger: error: {short} is not a private folder of this user")


def made(given, command):
    """What a command is given by a line of options."""
    one = typer.Typer()
    one.callback()(lambda: None)
    one.command("report")(command)
    return CliRunner().invoke(one, ["report", *given], catch_exceptions=False)


def test_a_report_is_given_its_period_dimensions_and_format_as_one_thing():
    given = []

    @over_a_period(Dimensions(("tenant", "model")))
    def report(context: typer.Context, *, per: int = 1, request: ReportRequest) -> None:
        given.append((per, request))

    line = [
        "--month",
        "2024-10",
        "--timezone",
        "Europe/Berlin",
        "--by",
        "model, tenant",
        "--format",
        "csv",
        "--per",
        "3",
    ]
    assert made(line, report).exit_code == 0
    [(per, request)] = given
    assert per == 3
    assert str(request.period) == "2024-10-01 00:00 to 2024-11-01 00:00 Europe/Berlin"
    assert (request.by, request.output) == (("model", "tenant"), Destination(Format.csv))


def test_a_dimension_that_a_report_does_not_know_is_refused_with_those_that_it_does():
    @over_a_period(Dimensions(("tenant", "model"), none="total"))
    def report(context: typer.Context, request: ReportRequest) -> None:
        assert request.by == ()

    assert made(["--by", "total"], report).exit_code == 0
    refused = made(["--by", "colour"], report)
    assert refused.exit_code == 2
    assert "expected some of tenant, model" in " ".join(refused.stderr.replace("│", "").split())


def test_a_report_without_dimensions_or_format_has_no_such_options():
    @over_a_period(output=False)
    def report(context: typer.Context, request: ReportRequest) -> None:
        pass

    for option in (["--by", "tenant"], ["--format", "csv"]):
        assert "No such option" in made(option, report).stderr
    with pytest.raises(PeriodError, match="is not a month"):
        made(["--month", "October"], report)
