"""Commitments on the command line."""

import csv
from collections.abc import Callable
from pathlib import Path

from harness.command import Done

COMMITMENT = (
    "commitment,kind,amount,from,to,models\nptu,reserved throughput,24,2024-10-08,2024-10-09,gpt-4o;gpt-4o-mini\n"
)


def test_chargeback_has_the_commitments_of_the_period(tmp_path: Path, command: Callable[..., Done]) -> None:
    path = tmp_path / "ptu.csv"
    path.write_text(COMMITMENT)
    assert command("commitments", "import", path, "--yes").returncode == 0
    covered = command("chargeback", "--month", "2024-10", "--format", "csv").stdout
    (charged,) = csv.DictReader(covered.splitlines())
    assert (charged["tenant"], charged["calls"]) == ("(idle)", "0")
    assert [float(charged[name]) for name in ("commitment_cost", "effective_cost", "billed_cost")] == [24, 24, 24]
    reported = command("commitments", "report", "--month", "2024-10", "--format", "csv").stdout
    header, *rows = (line.split(",") for line in reported.strip().splitlines())
    (idle,) = rows
    assert float(dict(zip(header, idle, strict=True))["effective_cost"]) == 24
