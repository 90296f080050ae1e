"""The command line: one typer application, whose commands are imported when they are used."""

from __future__ import annotations

import gc
import importlib
import os
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core
import typer.main

from spanledger_cli.command_list import COMMANDS, Listed
from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Iterator


# A paragraph that is a line to type; the mark before it has it not be wrapped.
_EXAMPLE = re.compile(r"^ +(?:[A-Z_]+=\S+ )*spanledger ", re.MULTILINE)


class ListedCommands(typer.core.TyperGroup):
    """A group whose commands are those of the list: named in its help, imported one at a time."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of that name, or None where there is none."""
        if cmd_name in COMMANDS and self.commands[cmd_name] is None:
            self.commands[cmd_name] = _imported(cmd_name, COMMANDS[cmd_name])
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The list under its headings."""
        widest = max(map(len, COMMANDS))
        for group, rows in _by_group():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(widest), listed.line) for name, listed in rows])


app = typer.Typer(
    name="spanledger",
    cls=ListedCommands,
    help="Every LLM call, in money and in carbon, to the tenant that made it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 (slow, and no command needs it)

        typer.echo(version("spanledger"))
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Folder of the database, spool and socket.  [env: SPANLEDGER_DATA_DIR]", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The configuration in TOML; default: spanledger.toml here, in the user's or the machine's "
            "configuration folder.  [env: SPANLEDGER_CONFIG]",
            show_default=False,
        ),
    ] = None,
    tenant_scope: Annotated[
        str | None,
        typer.Option(
            help="Read as this tenant: its rows alone; nothing is changed.  [env: SPANLEDGER_TENANT_SCOPE]",
            show_default=False,
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 (its callback prints it)
        bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Every LLM call, in money and in carbon, to the tenant that made it."""
    from spanledger_settings.configuration import load, unknown_variables  # noqa: PLC0415 (slow, and help needs none)

    context.obj = load(config, data_dir=data_dir, tenant_scope=tenant_scope)
    for name, near in unknown_variables(os.environ).items():
        from spanledger_cli.output.terminal import console  # noqa: PLC0415 (slow)

        meant = f"; meant {near}?" if near else ", and has no effect"
        console(stderr=True).print(f"{name} is no setting of Spanledger{meant}", style="yellow", soft_wrap=True)


def main() -> None:
    """Run the command line; what the user can mend ends it with its status and a sentence on standard error."""
    # No command needs linear algebra, whose threads wait busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        app()
    except MendableError as error:
        _end_with(str(error), error.status)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        # A folder that is not this user's, a full disk: the machine's matter, which no change of the program mends.
        _end_with(f"{error.filename}: {error.strerror}" if error.filename else str(error))


def _end_with(sentence: str, status: int = 1) -> None:
    from spanledger_cli.output.terminal import console  # noqa: PLC0415 (slow, and help needs none)

    console(stderr=True).print(f"spanledger: error: {sentence}", style="red", soft_wrap=True)
    sys.exit(status)


def _by_group() -> Iterator[tuple[str, list[tuple[str, Listed]]]]:
    for group, rows in groupby(COMMANDS.items(), key=lambda row: row[1].group):
        yield group, list(rows)


def _imported(name: str, listed: Listed) -> Any:
    # What is imported is no garbage, now or later.
    gc.disable()
    try:
        found = getattr(importlib.import_module(f"spanledger_cli.commands.{listed.module}"), name)
    finally:
        gc.freeze()
        gc.enable()
    alone = typer.Typer(rich_markup_mode=None)
    # Without a callback an application of one command would be that command.
    alone.callback()(lambda: None)
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name)
    else:
        alone.command(name)(found)
    group: Any = typer.main.get_group(alone)
    return _with_examples_whole(group.commands[name])


def _with_examples_whole(command: Any) -> Any:
    """The command, whose help, and that of those below it, keeps each example on its line: as it can be copied."""
    command.help = _EXAMPLE.sub("\b\n\\g<0>", command.help or "") or None
    for below in getattr(command, "commands", {}).values():
        _with_examples_whole(below)
    return command
