"""Which moments a month, a time zone, and --from and --to mean."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanledger_settings.period import PeriodError, period

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("month", "timezone", "begin", "hours"),
    [
        ("2024-10", "UTC", "2024-10-01T00:00Z", 31 * 24),
        # The clock is set back on 27 October, and forward on 31 March.
        ("2024-10", "Europe/Berlin", "2024-09-30T22:00Z", 31 * 24 + 1),
        ("2024-03", "Europe/Berlin", "2024-02-29T23:00Z", 31 * 24 - 1),
        ("2024-11", "America/New_York", "2024-11-01T04:00Z", 30 * 24 + 1),
        ("2024-02", "Asia/Kolkata", "2024-01-31T18:30Z", 29 * 24),
        ("2024-12", "UTC", "2024-12-01T00:00Z", 31 * 24),
    ],
)
def test_a_month_begins_and_ends_at_local_midnight(month, timezone, begin, hours):
    asked = period(month, None, None, timezone)
    assert asked.begin == datetime.fromisoformat(begin)
    assert asked.end - asked.begin == hours * HOUR


@given(
    year=st.integers(1970, 2100), month=st.integers(1, 11), zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Tokyo"])
)
def test_months_follow_each_other_without_gap_or_overlap(year, month, zone):
    first, second = (period(f"{year}-{number:02}", None, None, zone) for number in (month, month + 1))
    assert first.end == second.begin


def test_times_without_an_offset_are_in_the_time_zone():
    asked = period(None, "2024-10-08", "2024-10-08T14:00", "Europe/Berlin")
    assert (asked.begin, asked.end) == (
        datetime(2024, 10, 7, 22, tzinfo=UTC),
        datetime(2024, 10, 8, 12, tzinfo=UTC),
    )


def test_an_offset_wins_over_the_time_zone():
    asked = period(None, "2024-10-08T00:00+09:00", "2024-10-08T00:00Z", "Europe/Berlin")
    assert asked.end - asked.begin == 9 * HOUR


def test_without_an_end_the_period_lasts_until_now():
    asked = period(None, "2024-10-08", None, "UTC")
    assert abs(asked.end - datetime.now(UTC)) < timedelta(seconds=10)


def test_without_anything_it_is_this_month():
    asked = period(None, None, None, "UTC")
    assert asked.begin <= datetime.now(UTC) < asked.end
    assert asked.begin.day == asked.end.day == 1


def test_a_period_is_printed_in_its_own_time_zone():
    assert str(period("2024-10", None, None, "Europe/Berlin")) == "2024-10-01 00:00 to 2024-11-01 00:00 Europe/Berlin"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2024-13", None, None, "UTC"), "--month '2024-13' is not a month; expected for example 2024-10"),
        (("2024-1", None, None, "UTC"), "is not a month"),
        (("October", None, None, "UTC"), "is not a month"),
        (("9999-12", None, None, "UTC"), "--month '9999-12' is out of range; expected a year from 1901 to 2261"),
        (("0000-01", None, None, "UTC"), "is out of range"),
        ((None, "0001-01-01", None, "Europe/Berlin"), "--from '0001-01-01' is out of range"),
        ((None, "2024-10-08", "9999-12-31", "UTC"), "--to '9999-12-31' is out of range"),
        ((None, "yesterday", None, "UTC"), "--from 'yesterday' is not a time; expected for example 2024-10-08"),
        ((None, None, "24:00", "UTC"), "--to '24:00' is not a time"),
        ((None, "2024-10-09", "2024-10-08", "UTC"), "is empty"),
        ((None, "2024-10-09", "2024-10-09", "UTC"), "is empty"),
        (("2024-10", "2024-10-09", None, "UTC"), "exclude each other"),
        (("2024-10", None, None, "Mars/Olympus"), "--timezone 'Mars/Olympus' is unknown; expected a name such as"),
        (("2024-10", None, None, "Europe"), "--timezone 'Europe' is unknown"),
        (("2024-10", None, None, ""), "--timezone '' is unknown"),
        (("2024-10", None, None, "../../etc/passwd"), "is unknown"),
    ],
)
def test_what_cannot_be_read_is_said_with_an_example(arguments, says):
    with pytest.raises(PeriodError) as raised:
        period(*arguments)
    assert says in str(raised.value)
