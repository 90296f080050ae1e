"""Commitments on the command line."""

import subprocess
import sys
from pathlib import Path

COMMITMENT = (
    "commitment,kind,amount,from,to,models\nptu,reserved throughput,24,2024-10-08,2024-10-09,gpt-4o;gpt-4o-mini\n"
)


def _spanledger(data_dir: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spanledger_cli", "--data-dir", data_dir, *arguments]
    return subprocess.run(map(str, command), capture_output=True, text=True, timeout=120, check=True)


def test_chargeback_says_where_the_period_has_commitments(tmp_path: Path) -> None:
    path, data = tmp_path / "ptu.csv", tmp_path / "data"
    path.write_text(COMMITMENT)
    _spanledger(data, "commitments", "import", path)
    covered = _spanledger(data, "chargeback", "--month", "2024-10")
    assert "with the 1 commitment of this period" in covered.stderr
    assert "spanledger commitments report" in covered.stderr
    assert "commitment" not in _spanledger(data, "chargeback", "--month", "2024-11").stderr
    reported = _spanledger(data, "commitments", "report", "--month", "2024-10", "--format", "csv").stdout
    header, *rows = (line.split(",") for line in reported.strip().splitlines())
    (idle,) = rows
    assert float(dict(zip(header, idle, strict=True))["effective_cost"]) == 24
