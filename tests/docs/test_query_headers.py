"""The header of each query says exactly what it takes and what it gives."""

import re

import pytest
import queries
import tables
from harness import data_folder

from spanledger_settings.configuration import Configuration
from spanledger_sql.connection import SESSION_SETTINGS
from spanledger_sql.definitions.schema_file import views
from spanledger_sql.store import Store

QUERIES = queries.queries()
READ = [queries.read(view.name) for view in views() if view.name.startswith("views/read/")]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_header_names_exactly_the_parameters(query):
    told = [(name, item.type) for item in query.parameters for name in item.names]
    assert sorted(told) == sorted(query.takes.items())


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_header_says_what_the_query_answers(query):
    assert query.answers
    assert query.answers[0].endswith(".")
    assert not query.answers[0].startswith(("Parameters", "Columns"))


def test_a_header_names_exactly_the_columns_and_whoever_reads_finds_its_tables(configuration: Configuration):
    data_folder.copy("migrated", configuration.data_dir)
    differing = {}
    with Store.open(configuration, to_read=[]) as store:
        # What asks for all tables opens them.
        for query in sorted(QUERIES, key=lambda one: "system." in one.text):
            given = set(queries.columns_of(query, store)) if query.gives_rows else set()
            if odd := given ^ set(queries.told_columns(query, store)):
                differing[query.name] = odd
    assert not differing


def test_a_view_names_exactly_its_columns(store: Store):
    differing = {}
    for view in READ:
        name = view.name.rpartition("/")[2]
        given = {row["name"] for row in store.rows(f"DESCRIBE TABLE {tables.given(name)}")}
        if odd := given ^ set(queries.told_columns(view, store)):
            differing[view.name] = odd
    assert not differing


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_a_query_sets_nothing_that_its_session_has_otherwise(query):
    """A reader of one tenant's rows may set nothing: the database would refuse him the query."""
    found = [item for line in re.findall(r"^SETTINGS (.*)", query.text, re.MULTILINE) for item in line.split(", ")]
    assert (
        dict(item.split(" = ") for item in found).items()
        <= {name: str(value) for name, value in SESSION_SETTINGS.items()}.items()
    )


def test_a_line_that_is_no_item_is_an_error():
    with pytest.raises(queries.HeaderError, match=r"x\.sql: expected '  NAME, NAME TYPE: MEANING'"):
        queries.items("x", "  calls, which are counted\n")
