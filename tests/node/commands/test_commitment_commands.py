"""Commitments on the command line."""

from collections.abc import Callable
from pathlib import Path

from harness.command import Done

COMMITMENT = (
    "commitment,kind,amount,from,to,models\nptu,reserved throughput,24,2024-10-08,2024-10-09,gpt-4o;gpt-4o-mini\n"
)


def test_chargeback_says_where_the_period_has_commitments(tmp_path: Path, command: Callable[..., Done]) -> None:
    path = tmp_path / "ptu.csv"
    path.write_text(COMMITMENT)
    assert command("commitments", "import", path, "--yes").returncode == 0
    covered = command("chargeback", "--month", "2024-10")
    assert "with the 1 commitment of this period" in covered.stderr
    assert "spanledger commitments report" in covered.stderr
    assert "commitment" not in command("chargeback", "--month", "2024-11").stderr
    reported = command("commitments", "report", "--month", "2024-10", "--format", "csv").stdout
    header, *rows = (line.split(",") for line in reported.strip().splitlines())
    (idle,) = rows
    assert float(dict(zip(header, idle, strict=True))["effective_cost"]) == 24
