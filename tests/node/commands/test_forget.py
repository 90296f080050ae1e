"""The command `forget`: a name goes, the figures stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import data_folder
from harness.books import Books
from harness.command import Done, in_process

from spanledger_settings.configuration import load

OCTOBER = ("--month", "2024-10", "--format", "csv")


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Done]:
    """Runs a command on a ledger of two tenants, with a request that waits in the spool."""
    configuration = load(data_dir=tmp_path / "data")
    with data_folder.opened(configuration, "loaded") as store:
        Books(store, configuration).book(
            {"tenant_id": "northwind", "user_id": "alice", "input_tokens": 10},
            {"tenant_id": "acme", "user_id": "bob", "input_tokens": 20},
        )
    configuration.spool.mkdir()
    (configuration.spool / "1-waits.ready").write_bytes(b"\x00")
    return lambda *arguments: in_process(*arguments, data_dir=configuration.data_dir)


@pytest.mark.parametrize(("whose", "name"), [("tenant", "northwind"), ("user", "alice")])
def test_a_pseudonym_takes_the_names_place(command: Callable[..., Done], whose: str, name: str) -> None:
    before = command("chargeback", *OCTOBER).stdout
    done = command("forget", f"--{whose}", name, "--yes")
    assert done.returncode == 0, done.stderr
    told = re.search(rf"the {whose} is (\S+) now", done.stdout)
    assert told
    assert "ledger: 1 row" in done.stdout
    assert f"go on with --as {told[1]}" in done.stderr
    assert "may hold the name yet" in done.stderr
    assert command("chargeback", *OCTOBER).stdout.replace(told[1], name) == before
    by = command("sql", f"SELECT DISTINCT {whose}_id AS found FROM ledger ORDER BY found").stdout.split()
    assert set(by) == {"found", told[1], {"tenant": "acme", "user": "bob"}[whose]}


def test_without_a_yes_nothing_is_done(command: Callable[..., Done]) -> None:
    done = command("forget", "--tenant", "northwind")
    assert done.returncode == 1
    assert "nothing was done" in done.stderr
    assert "northwind" in command("sql", "SELECT tenant_id FROM ledger").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected one of --tenant NAME, --user ID and --text NUMBER"),
        (("--tenant", "northwind", "--user", "alice"), "expected one of --tenant NAME, --user ID and --text NUMBER"),
        (("--tenant", "northwind", "--text", "1"), "expected one of --tenant NAME, --user ID and --text NUMBER"),
        (("--text", "1", "--yes"), "event 1 of the books has no text; none has one"),
        (("--tenant", "north", "--yes"), "no table has the tenant 'north'"),
        (("--tenant", "northwind", "--as", "acme", "--yes"), "no pseudonym"),
    ],
)
def test_what_cannot_be_meant_is_refused(command: Callable[..., Done], arguments: tuple[str, ...], said: str) -> None:
    done = command("forget", *arguments)
    assert done.returncode != 0
    assert said in " ".join(re.sub(r"[│╭╰─╮╯]", " ", done.stderr).split())
    assert "becomes" not in done.stderr
