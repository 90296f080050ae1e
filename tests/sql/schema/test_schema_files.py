"""The schema's files: each is applied, in the order that they ask for, and says what its columns are."""

import ast
import re
from pathlib import Path

import pytest

from spanledger_sql.definitions.included_parts import PLACEHOLDER
from spanledger_sql.definitions.schema_file import MigrationError, SchemaFile, changes, in_order, tables, views
from spanledger_sql.store import Store

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "sql/spanledger_sql"
PRODUCT = ("collector", "enrich", "dashboards", "node", "sql")
VIEWS = views()


def test_a_view_comes_after_those_it_needs():
    names = [name for view in VIEWS for name in view.makes]
    for view in VIEWS:
        for needed in set(view.needs) & set(names):
            assert names.index(needed) < names.index(view.makes[0])


def test_order_follows_needs_and_else_the_name():
    files = [_view("b"), _view("c"), _view("a", needs="c")]
    assert [file.name for file in in_order(files)] == ["views/read/b", "views/read/c", "views/read/a"]


def test_a_circle_is_an_error():
    with pytest.raises(MigrationError, match="need each other: views/read/a needs views/read/b needs views/read/a"):
        in_order([_view("a", needs="b"), _view("b", needs="a")])


def test_a_need_that_no_file_makes_is_an_error():
    with pytest.raises(MigrationError, match=r"views/read/a\.sql: needs nothing, which no file of the schema makes"):
        in_order([_view("a", needs="nothing")])


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_names_all_that_it_reads_and_fills(view):
    assert set(view.needs) == _touched(view)


def test_what_a_view_reads_is_found_under_every_roof():
    query = "WITH own AS (SELECT 1) SELECT * FROM own JOIN calls USING (x) WHERE y IN (SELECT y FROM ledger FINAL)"
    assert _touched(_view("a", text=query)) == {"calls", "ledger"}


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_file_of_a_view_makes_that_view_and_no_other(view):
    assert view.makes == (view.name.rpartition("/")[2],)
    assert len(view.statements) == 1


def test_every_sql_file_is_applied_or_run():
    said = _strings_of_product_code()
    applied = {file.name for file in (*tables(), *changes(), *VIEWS)}
    names = {path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.sql")}
    asked = {name for path in PACKAGE.rglob("*.sql") for name in PLACEHOLDER.findall(path.read_text())}
    included = {name for name in names if name.startswith("parts/") and name.rpartition("/")[2] in asked}
    orphans = sorted(name for name in names - applied - included if not _is_said(name, said))
    assert not orphans


def test_every_column_of_every_table_says_what_it_is(store: Store):
    made = [name for file in tables() for name in file.makes]
    silent = store.rows(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase() AND table IN {made:Array(String)} "
        "AND comment = '' AND table != 'price_superseded'",
        made=made,
    )
    assert not silent


def _view(name: str, *, needs: str = "", text: str = "SELECT 1") -> SchemaFile:
    head = f"-- Needs: {needs}\n" if needs else ""
    return SchemaFile(f"views/read/{name}", f"{head}CREATE OR REPLACE VIEW {name} AS\n{text};\n")


def _touched(view: SchemaFile) -> set[str]:
    """The tables and views that a view selects from or writes to."""
    made = {name for file in (*tables(), *VIEWS) for name in file.makes}
    return made.intersection(*[re.findall(r"\b(?:FROM|JOIN|TO)\s+(\w+)", "\n".join(view.statements))])


def _is_said(name: str, said: set[str]) -> bool:
    """Whether the code has a file's name, whole or as a folder and what it puts behind it."""
    cuts = [match.end() for match in re.finditer("/", name)]
    return name in said or any(name[:cut] in said and name[cut:] in said for cut in cuts)


def _strings_of_product_code() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for room in PRODUCT for path in (ROOT / room).rglob("*.py")]
    return {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
