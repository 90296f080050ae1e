"""Calls dated in 1970 and 2262 are in the reports, and break none."""

from datetime import UTC, date, datetime

import pytest

from spanledger_settings.period import of_days

MOMENTS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2024, 10, 8, tzinfo=UTC), datetime(2262, 4, 11, tzinfo=UTC))


@pytest.fixture(scope="module", autouse=True)
def calls(books):
    books.fill(*({"ts": moment} for moment in MOMENTS))


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_the_whole_record_is_a_period_that_every_report_can_take(books, timezone):
    record = of_days(date(1969, 12, 31), date(2262, 4, 12), timezone)
    whole = {**record.bounds, "tenants": [], "own": "", "own_values": [], "where": [], "timezone": timezone}
    assert sum(row["calls"] for row in books.report("chargeback/chargeback", **whole)) == 3
    assert books.report("finance/headline", **whole)
    assert books.report("finance/headline", **{**whole, **record.previous.bounds})
    assert sum(row["calls"] for row in books.report("sustainability/headline", **whole)) == 3
