"""Regenerates the generated parts of the documentation: whole pages, and what stands between markers.

    python docs/generate.py

A part begins with `<!-- generated: NAME -->` and ends with `<!-- /generated -->`. Columns and their types come from a
freshly migrated database, their meanings from the schema and the headers of queries and views.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import calibration
import published_figures
import queries
import tables
import typer.main

from spanledger_cli.cli import app
from spanledger_settings.configuration import Configuration, load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.definitions.schema_file import views
from spanledger_sql.store import Store
from spanledger_vocabulary import dialect as dialect_vocabulary
from spanledger_vocabulary.attribute import attributes
from spanledger_vocabulary.convention import conventions

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent

_COMMANDS_HEAD = """# Commands

Every command reads the same configuration ([operate.md](operate.md#configuration)) and has `--help`. `--data-dir`
stands before the command. Made from the commands' own help by `make docs`; do not edit.
"""

_TOTALS = {
    "all": "all tokens",
    "reasoning": "all tokens, and reasoning that nothing else tells",
    "not beside": "input + output as they stand, without what is beside",
}
# Defaults that depend on the machine or on another setting.
_DEFAULTS = {
    "data_dir": "the user's data folder, on Linux `~/.local/share/spanledger`",
    "clickhouse_url": "`chdb://` and the folder `clickhouse` in `data_dir`",
    "own_providers": "none",
    "own_hosts": "none",
}
_MEANINGS = {
    "otlp_http_port": "OTLP over HTTP; 0: any free port",
    "otlp_grpc_port": "OTLP over gRPC; 0: any free port",
    "dashboard_port": "the dashboards; 0: any free port",
}


def pages(store: Store) -> dict[Path, str]:
    """The text that each page with generated parts should have.

    Args:
        store: A migrated database.

    Raises:
        ValueError: A header is not of the form that `queries` tells, or a page lacks a marker.
    """
    ledger, operate, methodology = DOCS / "ledger.md", DOCS / "operate.md", DOCS / "methodology.md"
    text = ledger.read_text(encoding="utf-8")
    for view in ("calls", "ledger_hourly"):
        text = _replaced(text, f"columns of {view}", columns(store, view))
    dialects_page = (DOCS / "dialects.md").read_text(encoding="utf-8")
    dialects_page = _replaced(dialects_page, "dialects", dialects())
    dialects_page = _replaced(dialects_page, "attributes", stored_attributes())
    dialects_page = _replaced(dialects_page, "conventions", inside_and_beside())
    method_page = _replaced(methodology.read_text(encoding="utf-8"), "published figures", published_figures.table())
    method_page = _replaced(method_page, "terms of uncertainty", calibration.terms_table())
    method_page = _replaced(method_page, "calibration", calibration.calibration_table())
    method_page = _replaced(method_page, "other choices", calibration.choices_table())
    return {
        DOCS / "commands.md": commands(),
        DOCS / "dialects.md": dialects_page,
        DOCS / "queries.md": queries.page(store),
        DOCS / "schema.md": tables.page(store),
        ledger: text,
        methodology: method_page,
        operate: _replaced(operate.read_text(encoding="utf-8"), "configuration", configuration()),
    }


def commands() -> str:
    """The page of all commands."""
    root = typer.main.get_command(app)
    return "\n".join([_COMMANDS_HEAD, *_command(root, root.name or "", None)])


def command_names() -> list[str]:
    """Every command as it is typed, groups left out: `chargeback`, `grid import`."""
    return [name for name, command in _walk(typer.main.get_command(app), "") if not hasattr(command, "commands")]


def columns(store: Store, view: str) -> str:
    """The table of a view's columns: name, type, meaning."""
    meanings = queries.told_columns(queries.read(next(file.name for file in views() if file.makes == (view,))), store)
    return "\n".join(tables.columns(store, view, meanings)).rstrip()


def configuration() -> str:
    """The table of settings."""
    lines = []
    for name, field in Configuration.model_fields.items():
        meaning = field.description or _MEANINGS[name]
        default = _default(name, field.get_default(call_default_factory=True))
        lines.append(f"| `{name}` | `SPANLEDGER_{name.upper()}` | {default} | {meaning} |")
    return "\n".join(["| setting | variable | default | is |", "|---|---|---|---|", *lines])


def dialects() -> str:
    """The table of dialects."""
    lines = [f"| `{dialect.name}` | {dialect.told_by} | {dialect.read} |" for dialect in dialect_vocabulary.dialects()]
    head = "| dialect | told by | read besides the OpenTelemetry GenAI names of every generation |"
    return "\n".join([head, "|---|---|---|", *lines])


def inside_and_beside() -> str:
    """The table of conventions: which tokens are beside the input and output, by provider and by who says it."""
    lines = [
        f"| {rule.name} | {', '.join(f'`{word}`' for word in rule.said_by)} "
        f"| {', '.join(f'`{provider}`' for provider in rule.providers) or 'its own answers'} "
        f"| {', '.join(rule.beside_input) or 'all inside'} | {', '.join(rule.beside_output) or 'all inside'} "
        f"| {_TOTALS[rule.total]} | {rule.source} |"
        for rule in conventions()
    ]
    head = "| convention | said by | of | beside the input | beside the output | a total tells | source |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *lines])


def stored_attributes() -> str:
    """The table of attributes that may be stored, by dialect and by what they hold."""
    groups: dict[tuple[str, str], list[str]] = {}
    for attribute in attributes():
        if attribute.stored != "no":
            groups.setdefault((attribute.dialect, attribute.holds), []).append(f"`{attribute.name}`")
    lines = [f"| {dialect} | {holds} | {', '.join(names)} |" for (dialect, holds), names in sorted(groups.items())]
    return "\n".join(["| dialect | holds | attributes |", "|---|---|---|", *lines])


def main() -> None:
    """Write the pages and name those that changed."""
    with tempfile.TemporaryDirectory() as folder, Store.open(load(data_dir=Path(folder)), exclusive=True) as store:
        migrate(store)
        wanted = pages(store)
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {path.relative_to(DOCS.parent)}\n")


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    for child_name, child in _children(command, command.context_class(command, info_name=name)):
        full = f"{name} {child_name}".strip()
        yield full, child
        yield from _walk(child, full)


def _command(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=name, parent=parent, **command.context_settings)
    yield f"{'##' if parent is None else '###'} {context.command_path.removeprefix('spanledger ')}\n"
    described, _, examples = _unindented((command.help or "").replace("\b\n", "")).partition("Try:")
    yield f"{described.strip()}\n"
    if examples.strip():
        lines = [f"    {line.strip()}" for line in examples.splitlines() if line.strip()]
        yield "\n".join(lines) + "\n"
    records = [record for parameter in command.params if (record := parameter.get_help_record(context))]
    if records:
        yield "\n".join(f"- `{option.strip()}`: {' '.join(help_.split())}" for option, help_ in records) + "\n"
    for child_name, child in _children(command, context):
        yield from _command(child, child_name, context)


def _children(command: Any, context: Any) -> Iterator[tuple[str, Any]]:
    for name in getattr(command, "commands", {}):
        yield name, command.get_command(context, name)


def _unindented(text: str) -> str:
    return text.replace("\f", "").strip()


def _default(name: str, value: object) -> str:
    if name in _DEFAULTS:
        return _DEFAULTS[name]
    if isinstance(value, int) and value >= 2**20:
        return f"`{value}` ({value // 2**30} GiB)" if value >= 2**30 else f"`{value}`"
    return f"`{value}`"


def _replaced(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- generated: {re.escape(name)} -->\n).*?(<!-- /generated -->)", re.DOTALL)
    text, count = pattern.subn(lambda match: f"{match[1]}\n{content}\n\n{match[2]}", text)
    if count != 1:
        raise ValueError(f"expected one part '<!-- generated: {name} -->', found {count}")
    return text


if __name__ == "__main__":
    main()
