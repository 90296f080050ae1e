"""Faults of carbon accounting, each as input and expectation, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import data_folder
from harness.command import Done, in_process

CASES = Path(__file__).parents[2] / "fixtures" / "carbon_cases"
STATEMENT = ("carbon", "statement", "--from", "2024-05-01", "--to", "2024-06-01", "--format", "json")


class Case:
    """A case's data folder and what its steps kept."""

    def __init__(self, name: str, folder: Path) -> None:
        self.files = CASES / name
        self.expected = json.loads((self.files / "expected.json").read_text(encoding="utf-8"))
        self.kept: dict[str, Any] = {}
        self._folder = data_folder.copy("loaded", folder)
        self._variables = {"COLUMNS": "300"}

    def run(self, *arguments: str) -> Done:
        given = [str(self.files / one) if (self.files / one).is_file() else one for one in arguments]
        return in_process(*given, data_dir=self._folder, **self._variables)

    def sql(self, query: str) -> Any:
        return json.loads(self.run("sql", query, "--format", "json").stdout)

    def step(self, name: str, *arguments: str) -> None:
        match name:
            case "env":
                self._variables[arguments[0]] = arguments[1]
            case "fingerprint":
                self.kept[arguments[0]] = json.loads(self.run(*STATEMENT).stdout)["software"]["fingerprint"]
            case "sql_as":
                self.kept[arguments[0]] = self.sql(arguments[1])
            case _:
                done = self.run(name, *arguments)
                assert done.returncode == 0, done.stderr

    def check(self, check: dict[str, Any]) -> None:
        if "different" in check:
            one, other = (self.kept[name] for name in check["different"])
            assert one != other
        elif "same" in check:
            one, other = (self.kept[name] for name in check["same"])
            assert one == other
        elif "exit" in check:
            done = self.run(*check["command"])
            assert (done.returncode != 0) == (check["exit"] != 0), done.stderr
        elif "contains" in check:
            assert check["contains"] in self.run(*check["command"]).stdout
        else:
            self._figure(check)

    def _figure(self, check: dict[str, Any]) -> None:
        rows = self.sql(check["sql"]) if "sql" in check else json.loads(self.run(*check["command"]).stdout)
        wanted = check.get("row", {})
        rows = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
        assert rows, f"no row {wanted}"
        got = rows[0][check["field"]]
        if got is None:
            assert check.get("or_null")
            return
        if "eq" in check:
            assert got == check["eq"]
        if "not" in check:
            assert got != check["not"]
        assert got >= check.get("min", got)
        assert got <= check.get("max", got)
        if "approx" in check:
            assert got == pytest.approx(check["approx"], rel=check.get("rel", 1e-6), abs=check.get("abs", 0))


@pytest.mark.parametrize("name", sorted(path.parent.name for path in CASES.glob("*/expected.json")))
def test_a_carbon_case_holds(name: str, tmp_path: Path) -> None:
    case = Case(name, tmp_path / "data")
    with data_folder.engine_kept(tmp_path / "data"):
        for step in case.expected["steps"]:
            case.step(*step)
        for check in case.expected["checks"]:
            case.check(check)
