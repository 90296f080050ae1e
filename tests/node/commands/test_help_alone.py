"""Help says the same where nothing that a command works with is imported; and that is what asking for help does."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from spanledger_cli import help_alone
from spanledger_cli.cli import app
from spanledger_cli.command_list import COMMANDS


def helps(command: Any, parent: Any = None, name: str = "spanledger") -> Iterator[str]:
    with command.make_context(name, [], parent=parent, resilient_parsing=True) as context:
        yield command.get_help(context)
        for one in COMMANDS if parent is None else getattr(command, "commands", ()):
            yield from helps(command.get_command(context, one), context, one)


ALONE = f"""
import sys
from spanledger_cli import help_alone
help_alone.leave_libraries_out()
import typer.main
from spanledger_cli.cli import app
from spanledger_cli.command_list import COMMANDS
{inspect.getsource(helps).replace("Any", "object").replace("Iterator[str]", "object")}
print(*helps(typer.main.get_command(app)), sep="\\n")
assert not hasattr(sys.modules["pandas"], "__file__")
"""


def test_it_is_the_help_of_the_commands_as_they_are() -> None:
    alone = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stderr
    whole = list(helps(typer.main.get_command(app)))
    assert len(whole) > 2 * len(COMMANDS)
    assert alone.stdout == "\n".join(whole) + "\n"


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("chargeback --help", True),
        ("-h", True),
        ("bills import -h", True),
        ("sql -- --help", False),
        ("carbon", False),
        ("chargeback --tenant -h", False),
        ("--data-dir=here carbon -h", True),
    ],
)
def test_a_line_asks_for_help(line: str, asked: bool) -> None:
    assert help_alone.is_asked_for(line.split()) is asked
