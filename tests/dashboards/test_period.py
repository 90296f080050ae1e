from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from spanledger_dashboards.period_choice import Choice, chosen_period, default_choice, grain
from spanledger_settings.period import Period

FIRST = datetime(2024, 10, 1, 9, 30, tzinfo=UTC)
LAST = datetime(2024, 10, 31, 22, 45, tzinfo=UTC)
NOW = datetime(2024, 11, 5, 10, 20, tzinfo=UTC)


def chosen(choice: Choice, timezone: str = "UTC", days: tuple[date, date] | None = None) -> Period:
    return chosen_period(choice, timezone, first_call=FIRST, last_call=LAST, now=NOW, days=days)


def test_the_default_is_the_last_30_days_when_they_hold_calls() -> None:
    assert default_choice(LAST, NOW) == "Last 30 days"
    assert default_choice(LAST, NOW + timedelta(days=60)) == "Whole record"


def test_the_whole_record_goes_from_local_midnight_to_local_midnight() -> None:
    berlin = chosen("Whole record", "Europe/Berlin")
    assert berlin.begin == datetime(2024, 9, 30, 22, tzinfo=UTC)
    assert berlin.end == datetime(2024, 10, 31, 23, tzinfo=UTC)
    assert berlin.days == "1 Oct – 31 Oct 2024"


def test_last_month_has_the_hour_that_the_clocks_give_back() -> None:
    october = chosen("Last month", "Europe/Berlin")
    assert october.end - october.begin == timedelta(days=31, hours=1)


def test_a_running_period_ends_with_the_current_hour_and_compares_with_one_as_long() -> None:
    month = chosen("This month")
    assert (month.begin, month.end) == (datetime(2024, 11, 1, tzinfo=UTC), datetime(2024, 11, 5, 11, tzinfo=UTC))
    assert month.previous.end == month.begin
    assert month.previous.end - month.previous.begin == month.end - month.begin


def test_a_custom_period_includes_both_of_its_days() -> None:
    day = chosen("Custom", "America/New_York", (date(2024, 10, 8), date(2024, 10, 8)))
    assert day.bounds == {"from": "2024-10-08 04:00:00.000000", "to": "2024-10-09 04:00:00.000000"}
    assert day.days == "8 October 2024"


@pytest.mark.parametrize(("days", "drawn_in"), [(1, "hour"), (31, "day"), (365, "week"), (1000, "month")])
def test_the_grain_follows_the_length(days: int, drawn_in: str) -> None:
    assert grain(Period(FIRST, FIRST + timedelta(days=days), "UTC")) == drawn_in
