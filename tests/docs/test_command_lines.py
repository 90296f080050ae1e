"""Every command line of the documentation is one that the command line takes; help names pages that are there."""

import re
import shlex
import tomllib
from itertools import takewhile
from pathlib import Path

import pytest
import typer
from harness.command import in_process

from spanledger_cli.cli import app
from spanledger_cli.commands.run.docs import pages

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").glob("*.md") if path.name != "release.md")]
LINE = re.compile(r"^(?: {4}|\$ )?((?:[A-Z_]+=\S+ )*spanledger .*)", re.MULTILINE)


def lines():
    for page in PAGES:
        text = page.read_text(encoding="utf-8").replace("\\\n", " ")
        code = "\n".join(re.findall(r"^(?: {4}.*|\$ .*)$", text, re.MULTILINE))
        code += "\n" + "\n".join(re.findall(r"```(?:console|sh|bash|)\n(.*?)```", text, re.DOTALL))
        for found in LINE.findall(code):
            yield page.name, found.strip()


@pytest.mark.parametrize(("page", "line"), sorted(set(lines())))
def test_a_line_of_the_documentation_is_one_that_the_command_line_takes(page, line):
    words = shlex.split(re.sub(r"^(?:[A-Z_]+=\S+ )*spanledger", "", line), comments=True)
    words = list(takewhile(lambda word: word not in {"|", ">", "&&", "||"}, words))
    command = typer.main.get_command(app)
    name = "spanledger"
    while True:
        context = command.make_context(name, list(words), resilient_parsing=True)
        command.make_parser(context).parse_args(list(words))
        if not hasattr(command, "commands"):
            break
        rest = [*context._protected_args, *context.args]
        if not rest:
            break
        name, *words = rest
        command = command.get_command(context, name)
        assert command is not None, f"{page}: {line}: no command {name}"


def test_the_wheel_carries_the_pages():
    carried = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert carried["force-include"] == {
        f"docs/{path.name}": f"spanledger_cli/docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))
    }


def test_a_page_that_help_names_is_printed(tmp_path):
    named = set()
    for path in (ROOT / "node").rglob("*.py"):
        named |= set(re.findall(r"spanledger docs (\w[\w-]+)", path.read_text(encoding="utf-8")))
    assert {"prices", "commitments", "tenants", "dialects"} <= named
    assert named <= set(pages())
    done = in_process("docs", "commitments", data_dir=tmp_path)
    assert done.stdout == (ROOT / "docs" / "commitments.md").read_text(encoding="utf-8")
    assert "meant commitments?" in in_process("docs", "comitments", data_dir=tmp_path).stderr
