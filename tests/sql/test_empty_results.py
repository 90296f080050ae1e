"""Results without a row have their columns, and the database is asked for these once."""

import pytest

from spanledger_sql import result_frame
from spanledger_sql.store import Store


@pytest.fixture
def asked(monkeypatch):
    """The queries of which the columns were asked for."""
    queries = []
    describe = result_frame._described

    def noted(client, query, parameters):
        queries.append(query)
        return describe(client, query, parameters)

    monkeypatch.setattr(result_frame, "_described", noted)
    return queries


def test_a_query_without_rows_is_planned_once_more_only_the_first_time(store: Store, asked):
    query = "SELECT tenant_id, contracted_cost FROM calls WHERE ts > {from:DateTime64(9, 'UTC')}"
    for year in (2096, 2097, 2098):
        frame = store.query_frame(query, {"from": f"{year}-01-01 00:00:00"})
        assert list(frame) == list(frame.attrs["types"]) == ["tenant_id", "contracted_cost"]
        # Whoever changes what he got changes nobody else's.
        frame.attrs["types"].clear()
    assert asked == [query]
    # With a row nothing is asked.
    assert list(store.query_frame("SELECT 1 AS one")) == ["one"]
    assert asked == [query]


def test_what_a_parameter_makes_of_a_columns_type_is_asked_for(store: Store, asked):
    query = "SELECT toTimeZone(now(), {timezone:String}) AS moment WHERE 0"
    zones = ("UTC", "Europe/Berlin", "UTC")
    types = [store.query_frame(query, {"timezone": zone}).attrs["types"]["moment"] for zone in zones]
    assert types == [f"DateTime('{zone}')" for zone in zones]
    assert len(asked) == 2


def test_a_table_that_is_changed_has_its_new_columns(store: Store):
    store.execute("CREATE TABLE one (a UInt8) ENGINE = MergeTree ORDER BY a")
    assert store.query_frame("SELECT * FROM one").attrs["types"] == {"a": "UInt8"}
    store.execute("-- Another one.\nALTER TABLE one ADD COLUMN b String")
    assert store.query_frame("SELECT * FROM one").attrs["types"] == {"a": "UInt8", "b": "String"}


def test_what_could_not_be_told_is_asked_for_again(store: Store, asked):
    for _ in range(2):
        assert not store.query_frame("CREATE TEMPORARY TABLE IF NOT EXISTS two (a UInt8)").attrs["types"]
    assert len(asked) == 2
