"""Commands as a user types them: in this process, which is fast, or in one of their own, which can be killed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from spanledger_cli.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def in_process(*arguments: object, data_dir: Path, **variables: str) -> Done:
    """Run a command in this process, with what the user can mend told as on a terminal; ``variables`` are set for it.

    chDB opens one folder a process: a command takes ``data_dir`` for itself, or asks the node that has it.
    """
    printed, told = _captured(), _captured()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(printed), redirect_stderr(told):
        patched.setattr(sys, "argv", _line(arguments, data_dir))
        for name, value in {"COLUMNS": "200", **variables}.items():
            patched.setenv(name, value)
        try:
            main()
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Done(status, _text(printed), _text(told))


def in_own_process(*arguments: object, data_dir: Path, **variables: str) -> Done:
    """Run a command in a process of its own until it ends."""
    with start(*arguments, data_dir=data_dir, **variables) as process:
        try:
            printed, told = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert "Traceback" not in told, told
    return Done(process.returncode, printed, told)


def start(*arguments: object, data_dir: Path, **variables: str) -> subprocess.Popen[str]:
    """Start a command in a process of its own, with its output piped."""
    command = [sys.executable, "-m", "spanledger_cli", *_line(arguments, data_dir)[1:]]
    environment = {**os.environ, "COLUMNS": "200", **variables}
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _line(arguments: tuple[object, ...], data_dir: Path) -> list[str]:
    return ["spanledger", "--data-dir", str(data_dir), *map(str, arguments)]


def _captured() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    # Unlike a decoded pipe, binary output (Parquet) may be no text.
    return stream.buffer.getvalue().decode("utf-8", "replace")  # type: ignore[attr-defined]
