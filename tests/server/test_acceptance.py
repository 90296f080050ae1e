"""The same spans give the same figures on a server as in the embedded database, by the same commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import data_folder
from harness.command import Done, in_own_process

from spanledger_settings.configuration import Configuration

CAPTURES = Path(__file__).parents[1] / "fixtures" / "dialects"
FIGURES = (
    ("chargeback", "--from", "2020-01-01", "--to", "2030-01-01", "--by", "model", "--format", "csv"),
    ("carbon", "--from", "2020-01-01", "--to", "2030-01-01", "--format", "csv"),
    ("quality", "--from", "2020-01-01", "--to", "2030-01-01", "--format", "csv"),
)

pytestmark = pytest.mark.slow


@pytest.fixture
def captured() -> list[Path]:
    """Requests of every set-up; those of calls that were refused may hold none."""
    return [path for path in sorted(CAPTURES.glob("*/*.pb")) if path.stat().st_size][::8]


def test_the_commands_give_the_same_figures_as_embedded(
    spanledger_on_server: Callable[..., Done], captured: list[Path], tmp_path: Path, on_server: Configuration
) -> None:
    embedded = data_folder.copy("loaded", tmp_path / "embedded")
    spanledger_on_server("migrate")
    for arguments in (("ingest", *captured), ("enrich", "--once")):
        spanledger_on_server(*arguments)
        assert in_own_process(*arguments, data_dir=embedded).returncode == 0
    for arguments in FIGURES:
        there, here = spanledger_on_server(*arguments), in_own_process(*arguments, data_dir=embedded)
        assert here.returncode == 0
        assert there.stdout == here.stdout
        assert there.stdout.count("\n") > 1
    assert "up to date" in spanledger_on_server("doctor").stdout
