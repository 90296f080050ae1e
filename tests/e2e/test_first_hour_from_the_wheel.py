"""The first hour of three people who have the wheel and nothing else, each in an environment and a home made for it.

    python -m pytest -m slow tests/e2e/test_first_hour_from_the_wheel.py

Installs what the wheel asks for, three times: some minutes.
"""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from first_hour_app import APP, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _only_when_asked(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("installs the wheel and what it asks for; run with -m slow")


@dataclass(frozen=True)
class Person:
    """Somebody with a home of their own and an environment in it: nothing of this checkout is in reach."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        found = {"HOME": str(self.home), "PATH": f"{self.home}/venv/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
        shared = self.home.parent / "ledger"
        return found | {"SPANLEDGER_DATA_DIR": str(shared), "COLUMNS": "200"}

    def types(self, *line: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """What a command that this person types prints."""
        return subprocess.run(
            list(map(str, line)), env=self.environment | variables, cwd=self.home, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT]
    subprocess.run(build, check=True, timeout=300)
    return next(folder.glob("*.whl"))


def arrives(town: Path, name: str, *packages: str) -> Person:
    """A person whose environment has these packages, and what they ask for."""
    person = Person(town / name)
    person.home.mkdir()
    subprocess.run([sys.executable, "-m", "venv", person.home / "venv"], check=True, timeout=120)
    install = ["pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", ROOT / "constraints.txt"]
    subprocess.run(
        [person.home / "venv/bin/python", "-m", *install, *packages], check=True, timeout=900, cwd=person.home
    )
    return person


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("town")


@pytest.fixture(scope="module")
def operator(town: Path, wheel: Path) -> Person:
    return arrives(town, "operator", f"{wheel}[node]")


@pytest.fixture(scope="module")
def developer(town: Path, wheel: Path) -> Person:
    return arrives(town, "developer", str(wheel), "openai")


@pytest.fixture(scope="module")
def accountant(town: Path, wheel: Path) -> Person:
    return arrives(town, "accountant", f"{wheel}[node]")


@pytest.fixture(scope="module")
def receiver(operator: Person) -> Iterator[str]:
    """Where the operator's node takes spans."""
    log = operator.home / "node.log"
    ports = ["--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0"]
    with log.open("w") as stream:
        node = subprocess.Popen(
            ["spanledger", "up", *ports], executable=operator.home / "venv/bin/spanledger", env=operator.environment,
            cwd=operator.home, stdout=stream, stderr=stream,
        )  # fmt: skip
    deadline = time.monotonic() + 120
    while (found := re.search(r"OTLP/HTTP +(http://\S+?)(/v1/traces)?\s", log.read_text())) is None:
        assert node.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    yield found[1]
    node.terminate()
    assert node.wait(60) == 0, log.read_text()


def test_whoever_runs_the_node_is_told_what_is_there_and_what_not(operator: Person) -> None:
    assert operator.types("spanledger", "--version").stdout == "0.1.0\n"
    before = operator.types("spanledger", "chargeback")
    assert (before.returncode, "there is no ledger in" in before.stderr) == (1, True)
    doctor = operator.types("spanledger", "doctor")
    assert str(operator.home.parent / "ledger") in doctor.stdout
    assert "Traceback" not in doctor.stderr
    pages = operator.types("spanledger", "docs").stdout
    for page in (ROOT / "docs").glob("*.md"):
        assert page.stem in pages
    assert operator.types("spanledger", "docs", "first-hour").stdout == (ROOT / "docs/first-hour.md").read_text()


def test_the_developer_who_has_the_library_alone_is_told_so(developer: Person) -> None:
    alone = developer.types("spanledger", "chargeback")
    assert alone.returncode == 1
    assert "the in-app library came alone; the command line needs pip install 'spanledger[node]'" in alone.stderr
    installed = developer.types("python", "-m", "pip", "list", "--format", "freeze").stdout
    assert not re.search(r"^(chdb|streamlit|pandas|typer)==", installed, re.MULTILINE)


def test_the_developer_without_a_node_is_told_where_it_should_be(developer: Person) -> None:
    spool = str(developer.home / "spool-of-nobody")
    done = developer.types("python", "-c", APP, SPANLEDGER_ENDPOINT="http://127.0.0.1:9", SPANLEDGER_SPOOL_DIR=spool)
    assert (done.returncode, "delivered False" in done.stdout) == (0, True), done.stderr
    assert "http://127.0.0.1:9/v1/traces cannot be reached" in done.stderr


def test_from_the_developers_app_to_the_accountants_bill(
    operator: Person, developer: Person, accountant: Person, receiver: str
) -> None:
    assert operator.types("spanledger", "doctor").returncode == 0
    assert "it is empty" in accountant.types("spanledger", "chargeback").stderr

    done = developer.types("python", "-c", APP, SPANLEDGER_ENDPOINT=receiver)
    assert "delivered True" in done.stdout, done.stderr
    assert done.stderr == ""
    deadline = time.monotonic() + 120
    while "3" not in operator.types("spanledger", "sql", "SELECT count() AS n FROM calls").stdout.split():
        assert time.monotonic() < deadline
        time.sleep(1)

    month = f"{datetime.now(UTC):%Y-%m}"
    asked = ("spanledger", "chargeback", "--month", month, "--by", "tenant,feature,desk")
    assert accountant.types(*asked, "--output", "bill.csv").returncode == 0
    with (accountant.home / "bill.csv").open(newline="") as stream:
        rows = {row["tenant"]: row for row in csv.DictReader(stream)}
    assert {name: (row["calls"], row["desk"], row["feature"]) for name, row in rows.items()} == {
        "northwind": ("2", "emea", "help"), "globex": ("1", "emea", "help"),
    }  # fmt: skip
    assert all(re.fullmatch(r"0\.\d{12}", row["contracted_cost"]) for row in rows.values())
    slip = accountant.types("spanledger", "chargeback", "--tenant", "northwnd")
    assert (slip.returncode, "meant northwind?" in slip.stderr) == (2, True)
    newest = "SELECT trace_id, span_id FROM calls ORDER BY ts DESC LIMIT 1"
    call = accountant.types("spanledger", "sql", newest).stdout.split()[-1].split(",")
    explained = accountant.types("spanledger", "explain", *call)
    assert explained.returncode == 0, explained.stderr
    assert "gpt-4o-mini" in explained.stdout
