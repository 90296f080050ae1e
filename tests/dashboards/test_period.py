from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from spanledger_dashboards.filtering.period_choice import Choice, chosen_period, default_choice, grain_of
from spanledger_settings.period import Period, of_days, period

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


def test_the_last_24_hours_end_with_the_current_hour_and_compare_with_a_stretch_as_long() -> None:
    day = chosen("Last 24 hours")
    assert (day.begin, day.end) == (datetime(2024, 11, 4, 11, tzinfo=UTC), datetime(2024, 11, 5, 11, tzinfo=UTC))
    assert day.previous == Period(day.begin - timedelta(hours=24), day.begin, "UTC")


def test_the_last_7_days_are_seven_dates_the_last_of_them_today() -> None:
    week = chosen("Last 7 days", "Europe/Berlin")
    assert week.days == "30 Oct – 5 Nov 2024"
    assert week == period(None, "2024-10-30", "2024-11-06", "Europe/Berlin")


@pytest.mark.parametrize(
    ("first", "last", "before"),
    [
        (date(2024, 10, 1), date(2024, 10, 31), "1 Sep – 30 Sep 2024"),
        (date(2024, 3, 1), date(2024, 3, 31), "1 Feb – 29 Feb 2024"),
        (date(2024, 1, 1), date(2024, 3, 31), "1 Oct – 31 Dec 2023"),
        (date(2024, 10, 8), date(2024, 10, 14), "1 Oct – 7 Oct 2024"),
    ],
)
def test_a_calendar_month_compares_with_the_month_before_and_days_with_as_many_days(
    first: date, last: date, before: str
) -> None:
    assert of_days(first, last, "Europe/Berlin").previous.days == before


def test_a_month_that_is_not_over_compares_with_as_much_of_the_month_before() -> None:
    month = chosen("This month")
    assert month.days == "1 Nov – 30 Nov 2024"
    before = month.previous_until(NOW)
    assert (before.begin, before.end) == (datetime(2024, 10, 1, tzinfo=UTC), datetime(2024, 10, 5, 10, 20, tzinfo=UTC))
    assert chosen("Last month").previous_until(NOW).days == "1 Sep – 30 Sep 2024"


def test_the_end_of_a_long_month_compares_with_no_more_than_the_short_one_before() -> None:
    march = of_days(date(2026, 3, 1), date(2026, 3, 31), "UTC")
    assert march.previous_until(datetime(2026, 3, 31, 12, tzinfo=UTC)).days == "1 Feb – 28 Feb 2026"


def test_a_custom_period_includes_both_of_its_days() -> None:
    day = chosen("Custom", "America/New_York", (date(2024, 10, 8), date(2024, 10, 8)))
    assert day.bounds == {"from": "2024-10-08 04:00:00.000000", "to": "2024-10-09 04:00:00.000000"}
    assert day.days == "8 October 2024"


@pytest.mark.parametrize(
    ("choice", "days"),
    [
        ("This quarter", "1 Oct – 31 Dec 2024"),
        ("Last quarter", "1 Jul – 30 Sep 2024"),
        ("This year", "1 Jan – 31 Dec 2024"),
        ("Last year", "1 Jan – 31 Dec 2023"),
        ("Last 12 months", "1 Dec 2023 – 30 Nov 2024"),
        ("Last 90 days", "8 Aug – 5 Nov 2024"),
    ],
)
def test_quarters_and_years_are_of_the_calendar(choice: Choice, days: str) -> None:
    assert chosen(choice, "Europe/Berlin").days == days


@pytest.mark.parametrize(("days", "drawn_in"), [(1, "hour"), (31, "day"), (365, "week"), (1000, "month")])
def test_the_grain_follows_the_length(days: int, drawn_in: str) -> None:
    assert grain_of(Period(FIRST, FIRST + timedelta(days=days), "UTC")) == drawn_in


def test_a_grain_that_is_too_fine_gives_way_to_the_next() -> None:
    year = Period(FIRST, FIRST + timedelta(days=365), "UTC")
    assert grain_of(year, "hour") == "day"
    assert grain_of(year, "month") == "month"
