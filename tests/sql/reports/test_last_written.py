"""Pages remember what they asked of a period until something of it is written; of other times nothing matters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.books import Books

# Later than whatever the fixtures wrote.
FIRST, SECOND = datetime(2100, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
QUARTER_TO_ONE = datetime(2024, 10, 8, 12, 45, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def written(books: Books, begin: datetime) -> datetime:
    """When the half-hour from then on was last written."""
    frame = books.store.frame("reports/filters/last_written", **{"from": begin, "to": begin + HALF_HOUR})
    found: datetime = frame["written"].iloc[0].to_pydatetime()
    return found


def test_only_what_is_written_of_a_period_is_told(books: Books) -> None:
    december = datetime(2024, 12, 1, tzinfo=UTC)
    books.fill({"ts": QUARTER_TO_ONE, "enriched_at": FIRST}, {"ts": december, "enriched_at": SECOND})
    # Its hour began before the period.
    assert written(books, QUARTER_TO_ONE - timedelta(minutes=15)) == FIRST
    assert written(books, december) == SECOND
    assert written(books, datetime(2024, 11, 1, tzinfo=UTC)) < FIRST


def test_a_call_without_an_exact_hour_may_be_of_any_period(books: Books) -> None:
    books.fill({"ts": datetime(2200, 1, 1, tzinfo=UTC), "enriched_at": FIRST})
    assert written(books, QUARTER_TO_ONE) == FIRST


def test_a_zone_that_is_found_anew_is_of_every_period(books: Books) -> None:
    books.empty()
    found = {"provider": "acme", "cloud_region": "here", "zone": "DE", "country": "DE", "source": "a test"}
    books.store.insert("grid_zone", [{**found, "resolved_at": FIRST}])
    try:
        assert written(books, QUARTER_TO_ONE) == FIRST
    finally:
        books.store.execute("DELETE FROM grid_zone WHERE provider = 'acme'")
