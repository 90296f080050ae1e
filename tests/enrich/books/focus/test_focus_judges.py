"""FOCUS's judges on our exports: nothing fails but what is known to be false, and all of that.

    pytest tests/enrich/books/focus -m slow

The rules of 1.3 come with no package: $SPANLEDGER_FOCUS_RULES names a folder with model-1.3.json, which is put together
from `releases/1.3` of FinOps-Open-Cost-and-Usage-Spec/focus_extraction_test, and currency_codes.csv of the validator.
focus-validator needs Python 3.12 or newer: $SPANLEDGER_FOCUS_PYTHON where that is not `python3.12`. The venvs are kept
in $SPANLEDGER_FOCUS_VENVS where that is set.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness.books import Books
from harness.month_of_charges import make

from spanledger_cli.output.export import Destination, Format, export
from spanledger_enrich.books.focus import beside, cost_and_usage
from spanledger_enrich.books.focus.cost_and_usage import Asked
from spanledger_enrich.books.focus.dataset import BESIDE
from spanledger_settings.period import period

pytestmark = pytest.mark.slow
# Broken without the bound: it wants numpy 1, and later releases of pyarrow want 2.
OFFICIAL = ("focus-validator==2.2.1", "pyarrow<22")
TOOLKIT = ("focus-data-toolkit==0.14.1",)
# Rules of 1.2 that no row can hold, since each asks for what its condition rules out: FOCUS_Spec#2394,
# focus_validator#142 and #160.
FALSE = {
    ("1.2", "internal"): {"InvoiceId-C-004-C", "CapacityReservationStatus-C-004-C", "CommitmentDiscountStatus-C-004-C"},
    ("1.2", "provider"): {
        "InvoiceId-C-005-C", "CapacityReservationStatus-C-004-C", "CommitmentDiscountStatus-C-004-C",
    },
    # That a price "MUST NOT be null when SkuPriceId is not null" is asked of rows whose SkuPriceId is null; that a unit
    # is null when the quantity is, of all.
    ("1.3", "internal"): {
        "CAU-CapacityReservationStatus-C-004-C", "CAU-ResourceType-C-005-C",
        "CAU-PricingCurrencyContractedUnitPrice-C-012-C", "CAU-ContractAppliedObject-O-065-C",
    },
    ("1.3", "provider"): {
        "CAU-CapacityReservationStatus-C-004-C", "CAU-ResourceType-C-005-C",
        "CAU-PricingCurrencyContractedUnitPrice-C-012-C", "CAU-ContractAppliedObject-O-065-C",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _asked_for(request: pytest.FixtureRequest) -> None:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("installs others' packages; run with -m slow")


@pytest.fixture(scope="module")
def month(books: Books) -> Books:
    """The books of a month with charges of every kind."""
    make(books)
    return books


def installed(python: str, packages: tuple[str, ...], folder: Path) -> Path:
    """The folder of the programs of a venv with these packages."""
    kept = Path(os.environ.get("SPANLEDGER_FOCUS_VENVS", folder)) / packages[0]
    if not (kept / "installed").exists():
        subprocess.run([python, "-m", "venv", "--clear", str(kept)], check=True, timeout=300)
        pip = [str(kept / "bin" / "python"), "-m", "pip", "install", "-q", *packages]
        subprocess.run(pip, check=True, timeout=900)
        (kept / "installed").touch()
    return kept / "bin"


def written(books: Books, version: str, view: str, file: Path) -> list[Path]:
    """The files of an export."""
    asked = Asked(period("2024-10", None, None, "UTC"), version, view, "Example AG")  # type: ignore[arg-type]
    lines = beside.InvoiceLines()
    chosen = Format.parquet if file.suffix == ".parquet" else Format.csv_exact
    export(lines.noting(cost_and_usage.frames(books.store, asked, 10**6)), Destination(chosen, file))
    files = [file]
    when_issued = beside.issued(books.store, asked)
    for name, frame in beside.datasets(
        books.store, asked, lines, when_issued, datetime(2024, 12, 1, tzinfo=UTC)
    ).items():
        files.append(file.with_name(f"{file.stem}.{BESIDE[name]}{file.suffix}"))
        export([frame], Destination(chosen, files[-1]))
    return files


@pytest.mark.parametrize("view", ["internal", "provider"])
@pytest.mark.parametrize(("version", "suffix"), [("1.2", "parquet"), ("1.2", "csv"), ("1.3", "parquet")])
def test_the_official_validator_fails_only_where_it_is_wrong(
    month: Books, version: str, view: str, suffix: str, tmp_path: Path
) -> None:
    rules = os.environ.get("SPANLEDGER_FOCUS_RULES", "")
    if version == "1.3" and not rules:
        pytest.skip("the rules of 1.3 are not there: set SPANLEDGER_FOCUS_RULES")
    python = os.environ.get("SPANLEDGER_FOCUS_PYTHON") or shutil.which("python3.12")
    if python is None:
        pytest.skip("focus-validator needs Python 3.12: set SPANLEDGER_FOCUS_PYTHON")
    programs = installed(python, OFFICIAL, tmp_path / "venvs")
    (file, *_) = written(month, version, view, tmp_path / f"october.{suffix}")
    (home,) = (programs.parent / "lib").glob("python*/site-packages")
    asked = ["1.2.0.1"] if version == "1.2" else ["1.3", "--rule-set-path", rules]
    command = [
        str(programs / "focus-validator"), "--data-file", str(file), "--validate-version", *asked, "--block-download",
        "--output-type", "console", "--show-violations", "--applicability-criteria", "ALL",
    ]  # fmt: skip
    # It opens a file by its path from there.
    said = subprocess.run(command, cwd=home, capture_output=True, text=True, check=True, timeout=300).stdout
    assert "PASS" in said
    failed = re.findall(r"^- (\S+): violations=\d+; (.*)$", said.partition("--- Failures ---")[2], re.MULTILINE)
    # A rule whose child or condition failed says nothing new.
    own = {rule for rule, why in failed if "failed child rules" not in why and "Upstream dependency" not in why}
    assert own == FALSE[version, view]


@pytest.mark.parametrize("view", ["internal", "provider"])
@pytest.mark.parametrize("suffix", ["csv"])
def test_the_toolkit_finds_nothing(month: Books, view: str, suffix: str, tmp_path: Path) -> None:
    programs = installed(sys.executable, TOOLKIT, tmp_path / "venvs")
    folder = tmp_path / "bundle"
    folder.mkdir()
    files = written(month, "1.4", view, folder / f"october.{suffix}")
    kinds = {suffix: name for name, suffix in BESIDE.items()}
    for file in files:
        kind = file.name.split(".")[1]
        dataset = kind if kind in kinds else "cost-and-usage"
        said = _toolkit(programs, "validate", "--dataset", dataset, str(file))
        assert "structural+semantic lint OK" in said
    assert "bundle validation: OK" in _toolkit(programs, "validate-bundle", "--directory", str(folder))


def _toolkit(programs: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(programs / "focus-toolkit"), *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    return done.stdout + done.stderr


def test_a_judge_is_not_deaf(month: Books, tmp_path: Path) -> None:
    programs = installed(sys.executable, TOOLKIT, tmp_path / "venvs")
    (file, *_) = written(month, "1.4", "internal", tmp_path / "october.csv")
    file.write_text(file.read_text().replace(",Usage,", ",Consumption,"))
    assert "violation(s)" in _toolkit(programs, "validate", "--dataset", "cost-and-usage", str(file))
