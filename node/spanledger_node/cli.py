"""The command line's application by its former name, for scripts that run commands in process: `spanledger_cli.cli`."""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    # By name, at run time: the node is below the command line, and imports nothing of it.
    return getattr(importlib.import_module("spanledger_cli.cli"), name)
