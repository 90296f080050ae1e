"""Sums of hours are what the ledger says, whatever is written to it, when and how often."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from harness.books import Books
from harness.examples import booked
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from spanledger_enrich.ledger import hour_sums
from spanledger_enrich.ledger.hour_sums import distrust, mark_hours, sum_hours
from spanledger_sql.at_rest import look, to_read
from spanledger_sql.definitions.sums_alone import of_sums_alone
from spanledger_sql.store import Store, statement

DIMENSIONS = (
    "tenant_id, cost_center, feature, provider, model, dialect, scope_name, status, usage_source, price_status, "
    "energy_method"
)
# What is in both `calls` and `call_hours`, and by which it is unknown; floats as decimals, so that no order matters.
_EXACT = ", ".join(
    [f"sum({name}) AS of_{name}" for name in ("known_calls", "least_calls", "input_tokens", "output_tokens")]
    + [
        f"sum(toDecimal128({name}, 12)) AS of_{name}"
        for name in ("list_cost", "contracted_cost", "energy_wh", "co2e_g")
    ]
    + [f"sumIf(least_calls, {name} IS NULL) AS without_{name}" for name in ("contracted_cost", "energy_wh", "co2e_g")]
    + ["sumIf(known_calls, energy_wh > 0) AS drawing"]
)
# What sums hold in another way than calls.
_OF_HOURS = "max(highest_cost) AS dearest, sum(overridden) AS by_token, sum(unbelieved) AS not_believed"
_OF_CALLS = (
    "max(contracted_cost) AS dearest, sumIf(least_calls, startsWith(tenant_source, 'token over ')) AS by_token, "
    "sumIf(least_calls, usage_note = 'zero for unknown') AS not_believed"
)
ALWAYS = "from = '2024-10-01 00:00:00', to = '2024-10-03 00:00:00'"
# The period, what is told apart of it for `call_hours`, and by what it is summed beside DIMENSIONS.
PERIODS = {
    "in UTC": (ALWAYS, "grain = 'hour', timezone = 'UTC', told = []", "toStartOfHour(ts) AS hour"),
    "in a zone of half hours": (
        ALWAYS, "grain = 'day', timezone = 'Asia/Kolkata', told = []", "toDate(toTimeZone(ts, 'Asia/Kolkata')) AS day"
    ),
    "of one's own": (ALWAYS, "grain = 'period', timezone = 'UTC', told = ['desk']", "dimensions['desk'] AS desk"),
    "with too many values": (
        ALWAYS, "grain = 'period', timezone = 'UTC', told = ['ticket']", "dimensions['ticket'] AS ticket"
    ),
    "by user": (ALWAYS, "grain = 'day', timezone = 'UTC', told = ['user']", "user_id"),
    "of part of an hour": (
        "from = '2024-10-01 04:10:00', to = '2024-10-01 18:40:00'",
        "grain = 'period', timezone = 'UTC', told = []",
        "zone",
    ),
}  # fmt: skip
AGES = "2200-01-01 00:00:00"
# When calls are made: in some hours of a day; about the midnights of the days on which Berlin's clocks change, which
# have 23 and 25 hours.
AN_EVENING = tuple(datetime(2024, 10, 1, hour, minute, tzinfo=UTC) for hour in (4, 5, 18) for minute in (0, 15, 59))
CLOCK_CHANGES = tuple(
    datetime.fromisoformat(f"2024-{moment}+00:00")
    for moment in (
        "03-30 22:59", "03-30 23:00", "03-31 00:30", "03-31 12:00", "03-31 21:59", "03-31 22:00", "03-31 22:30",
        "10-26 21:59", "10-26 22:00", "10-27 00:59", "10-27 01:00", "10-27 12:00", "10-27 22:59", "10-27 23:00",
    )
)  # fmt: skip
THIS_YEAR = "from = '2024-03-01 00:00:00', to = '2024-11-15 00:00:00'"
# Berlin's day of 23 hours lies within one of a zone an hour ahead of UTC whose clocks never change.
SUMMED_ZONES = ("Europe/Berlin", "America/Los_Angeles", "Etc/GMT-1")
ZONES = {
    **{
        f"{grain} in {zone}": (
            THIS_YEAR, f"grain = '{grain}', timezone = '{zone}', told = []",
            f"dateTrunc('{grain}', toDateTime(ts), '{zone}') AS since",
        )
        for zone in (*SUMMED_ZONES, "UTC", "Asia/Kolkata", "Atlantic/Azores")
        for grain in ("day", "month")
    },
    "in all": (THIS_YEAR, "grain = 'period', timezone = 'Europe/Berlin', told = []", "zone"),
    "from within a day": (
        "from = '2024-03-31 12:00:00', to = '2024-10-27 22:30:00'",
        "grain = 'day', timezone = 'Europe/Berlin', told = []",
        "toDate(toTimeZone(ts, 'Europe/Berlin')) AS day",
    ),
}  # fmt: skip


def by_hours(store: Store, period: str, rest: str, more: str, moment: str = AGES) -> list[Any]:
    return store.rows(
        f"SELECT {DIMENSIONS}, {more}, {_EXACT}, {_OF_HOURS} FROM call_hours({period}, moment = '{moment}', {rest}) "
        "GROUP BY ALL ORDER BY ALL"
    )


def by_calls(store: Store, period: str, more: str, moment: str = AGES) -> list[Any]:
    begin, end = (part.split("= ")[1] for part in period.split(", "))
    return store.rows(
        f"SELECT {DIMENSIONS}, {more}, {_EXACT}, {_OF_CALLS} FROM calls_at(moment = '{moment}') "
        f"WHERE ts >= {begin} AND ts < {end} GROUP BY ALL ORDER BY ALL"
    )


def read(store: Store, grain: str = "hour", timezone: str = "UTC", period: str = THIS_YEAR) -> tuple[int, int, int]:
    """How many hours are read call by call, from sums of hours, and how many days from sums of days."""
    asked = f"{period}, moment = '{AGES}', grain = '{grain}', timezone = '{timezone}', told = []"
    row = store.rows(
        "SELECT countIf(is_summed = 0) AS by_call, countIf(is_summed AND hours = 1) AS by_hour, "
        f"countIf(is_summed AND hours > 1) AS by_day FROM ledger_standing({asked})"
    )[0]
    return row["by_call"], row["by_hour"], row["by_day"]


def read_alone(store: Store, period: str, rest: str, moment: str = AGES) -> tuple[int, int] | None:
    """How many hours and days a report reads that reads only sums, which say the same; None where it reads calls."""
    text = (
        "SELECT sum(known_calls), sum(toDecimal128(contracted_cost, 12)), sum(toDecimal128(energy_wh, 12)) "
        f"FROM call_hours({period}, moment = '{moment}', {rest})"
    )
    asking = of_sums_alone(text)
    assert asking
    chosen = to_read(look(store, asking[1][0].asked[0], {}))
    if chosen is None:
        return None
    assert store.report_frame(text, {}).astype(str).equals(store.query_frame(text).astype(str))
    return sum(row["hours"] == 1 for row in chosen), sum(row["hours"] > 1 for row in chosen)


def standing(store: Store, period: str, rest: str, moment: str = AGES) -> tuple[int, int] | None:
    """The same by what is looked up in a query that may read calls."""
    begin = period.partition(",")[0].partition("= ")[2]
    row = store.rows(
        "SELECT countIf(NOT is_summed) AS by_call, countIf(is_summed AND hours = 1) AS by_hour, "
        "countIf(is_summed AND hours > 1) AS by_day "
        f"FROM ledger_standing({period}, moment = '{moment}', {rest}) WHERE begins + INTERVAL 1 HOUR > {begin}"
    )[0]
    return None if row["by_call"] else (row["by_hour"], row["by_day"])


def take_sums(store: Store, timezones: tuple[str, ...] = ()) -> None:
    while sum_hours(store, timezones, quiet_s=0, margin_s=0, rows=20):
        pass


class Hours(RuleBasedStateMachine):
    """A ledger that is written to, late, again and otherwise, while its hours are summed and whoever sums is killed."""

    calls = Bundle("calls")

    def __init__(
        self, books: Books, moments: tuple[datetime, ...], periods: dict[str, tuple[str, str, str]],
        zones: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        super().__init__()
        self.books, self.store = books, books.store
        self.when, self.all_periods, self.zones = moments, periods, zones
        books.empty()
        self.rows: dict[int, dict[str, Any]] = {}
        self.periods = itertools.cycle(periods.values())
        self.moments: list[tuple[str, tuple[str, str, str], list[Any]]] = []

    @rule(
        target=calls, tenant=st.sampled_from(("acme", "globex")), place=st.integers(0, 125),
        desk=st.sampled_from(("", "emea", "apac")), known=st.booleans(),
        count=st.sampled_from((1, None, 12)),
    )  # fmt: skip
    def write(self, tenant: str, place: int, desk: str, known: bool, count: int | None) -> int:
        number = len(self.rows) + 1
        cost = Decimal(number) / 7 if known else None
        self.rows[number] = {
            "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "version": 1, "tenant_id": tenant,
            "ts": self.when[place % len(self.when)], "calls": count, "user_id": f"user-{number}",
            "dimensions": {"desk": desk, "ticket": str(number)} if desk else {}, "list_cost": cost,
            "contracted_cost": cost, "price_status": "priced" if known else "unpriced",
            "energy_wh": number / 4 if known else None, "co2e_g": None, "counted": 1, "scope_name": f"sdk-{number % 3}",
            "tenant_source": "token over tenant.id" if number % 2 else "tenant.id",
            "usage_note": "" if number % 4 else "zero for unknown",
        }  # fmt: skip
        self.books.add(self.rows[number])
        return number

    def _anew(self, number: int, **changes: Any) -> None:
        self.rows[number] |= {"version": self.rows[number]["version"] + 1, **changes}
        self.books.add(self.rows[number])

    @rule(number=calls, grams=st.sampled_from((0.0, 0.125, 3.5)))
    def restate(self, number: int, grams: float) -> None:
        self._anew(number, co2e_g=grams, energy_wh=grams * 3)

    @rule(number=calls)
    def attribute_otherwise(self, number: int) -> None:
        self._anew(number, tenant_id="initech", feature="other")

    @rule(number=calls, counted=st.sampled_from((0, 1)))
    def give_another_verdict(self, number: int, counted: int) -> None:
        self._anew(number, counted=counted)

    @rule(number=calls)
    def replay(self, number: int) -> None:
        self.books.add(self.rows[number])

    @rule()
    def take_sums(self) -> None:
        # No day of a zone of half hours can be summed of hours of UTC.
        take_sums(self.store, ("Asia/Kolkata", *self.zones))
        when = {row["ts"] for row in self.rows.values()}
        hours = len({ts.replace(minute=0) for ts in when})
        assert read(self.store) == (0, hours, 0)
        assert read(self.store, "period") == (0, 0, len({ts.date() for ts in when}))
        for zone in self.zones:
            assert read(self.store, "day", zone) == (0, 0, len({ts.astimezone(ZoneInfo(zone)).date() for ts in when}))
        assert read(self.store, "day", "Asia/Tokyo") == (0, hours, 0)
        assert read(self.store, "day", "Asia/Kolkata")[2] == 0

    @rule()
    def take_sums_and_die(self) -> None:
        hours = sorted({f"{ts:%Y-%m-%d %H}:00:00" for ts in self.when})
        built = 1 + int(self.store.value("SELECT max(summed).built FROM ledger_hour"))
        if not read(self.store)[1]:
            self.store.execute(statement("rollups/sums"), {"hours": hours, "built": built, "left_out": []})

    @rule()
    def begin_to_write_and_die(self) -> None:
        mark_hours(self.store, "ledger")
        assert read(self.store)[1:] == (0, 0)

    @rule()
    def take_all_anew(self) -> None:
        distrust(self.store)
        for zone in ("UTC", *self.zones):
            assert read(self.store, "day", zone)[1:] == (0, 0)
        take_sums(self.store, self.zones)

    @rule()
    def remember_this_moment(self) -> None:
        moment = str(self.store.value("SELECT toString(max(enriched_at)) FROM ledger"))
        period, rest, more = next(self.periods)
        self.moments.append((moment, (period, rest, more), by_calls(self.store, period, more, moment)))

    @invariant()
    def sums_are_the_ledger(self) -> None:
        for period, rest, more in itertools.islice(self.periods, 1 + len(self.all_periods) // 4):
            assert by_hours(self.store, period, rest, more) == by_calls(self.store, period, more)
            alone = read_alone(self.store, period, rest)
            assert alone == standing(self.store, period, rest)

    def teardown(self) -> None:
        for _ in self.all_periods:
            self.sums_are_the_ledger()
        for moment, asked, then in self.moments:
            assert by_hours(self.store, *asked, moment) == then
            assert read_alone(self.store, *asked[:2], moment) == standing(self.store, *asked[:2], moment)


def test_sums_of_hours_equal_the_ledger_whatever_is_written(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hour_sums, "_VALUES", 1)
    # What was replaced is merged away after some minutes; here it must not be, for the moments that are asked for.
    books.store.execute("SYSTEM STOP MERGES ledger")
    run_state_machine_as_test(
        lambda: Hours(books, AN_EVENING, PERIODS),
        settings=booked(3, stateful_step_count=14, database=None, derandomize=True),
    )


def test_sums_of_days_of_time_zones_equal_the_ledger_whatever_is_written(books: Books) -> None:
    books.store.execute("SYSTEM STOP MERGES ledger")
    run_state_machine_as_test(
        lambda: Hours(books, CLOCK_CHANGES, ZONES, SUMMED_ZONES),
        settings=booked(3, stateful_step_count=14, database=None, derandomize=True),
    )


def test_days_of_a_zone_are_read_as_they_were_written(books: Books) -> None:
    books.empty()
    for number, ts in enumerate(CLOCK_CHANGES):
        books.add({"trace_id": f"{number:032x}", "ts": ts, "version": 1, "counted": 1, "input_tokens": 2**number})
    take_sums(books.store, SUMMED_ZONES)
    assert by_day(books, "Europe/Berlin") == {
        "2024-03-30": 0b1, "2024-03-31": 0b11110, "2024-04-01": 0b1100000,
        "2024-10-26": 1 << 7, "2024-10-27": 0b11111 << 8, "2024-10-28": 1 << 13,
    }  # fmt: skip
    assert read(books.store, "day", "Europe/Berlin") == (0, 0, 6)
    assert by_day(books, "Etc/GMT-1") == {
        "2024-03-30": 0b1, "2024-03-31": 0b1111110, "2024-10-26": 0b11 << 7, "2024-10-27": 0b1111 << 9,
        "2024-10-28": 1 << 13,
    }  # fmt: skip
    assert read(books.store, "day", "Etc/GMT-1") == (0, 0, 5)
    books.add({"trace_id": f"{99:032x}", "ts": CLOCK_CHANGES[3], "version": 1, "counted": 1, "input_tokens": 2**14})
    assert read(books.store, "day", "Europe/Berlin") == (1, 3, 5)
    assert by_day(books, "Europe/Berlin")["2024-03-31"] == 0b100000000011110
    take_sums(books.store)
    assert read(books.store, "day", "Europe/Berlin") == (0, 4, 5)
    take_sums(books.store, SUMMED_ZONES)
    assert read(books.store, "day", "Europe/Berlin") == (0, 0, 6)
    lengths = "SELECT groupUniqArray(hours) FROM ledger_hour WHERE hours > 1 AND toDate(begins) IN ({})"
    assert set(books.store.value(lengths.format("'2024-03-30', '2024-10-26'"))) == {23, 24, 25}


def test_days_of_a_zone_are_summed_together_whatever_their_length_until_their_sums_are_many(books: Books) -> None:
    books.empty()
    for number, ts in enumerate(CLOCK_CHANGES):
        books.add({"trace_id": f"{number:032x}", "ts": ts, "version": 1, "counted": 1, "input_tokens": 2**number})
    take_sums(books.store)
    together = []
    while taken := sum_hours(books.store, ("Europe/Berlin",), quiet_s=0, margin_s=0, rows=6):
        together.append(taken)
    # The shortest first, then the newest: of 4, 1 and 1 sums; of 2 and 1; of 5.
    assert together == [3, 2, 1]
    assert read(books.store, "day", "Europe/Berlin") == (0, 0, 6)
    of_days = "SELECT sum(input_tokens) FROM ledger_sum WHERE hours = {}"
    assert books.store.value(of_days.format(23)) == 0b11110
    assert books.store.value(of_days.format(25)) == 0b11111 << 8


def by_day(books: Books, zone: str) -> dict[str, int]:
    rows = books.store.rows(
        f"SELECT toString(toDate(toTimeZone(ts, '{zone}'))) AS day, sum(c.input_tokens) AS tokens FROM call_hours("
        f"{THIS_YEAR}, moment = '{AGES}', grain = 'day', timezone = '{zone}', told = []) AS c GROUP BY day"
    )
    return {row["day"]: row["tokens"] for row in rows}


def test_days_of_the_zones_of_budgets_are_summed_by_themselves(books: Books) -> None:
    books.empty()
    books.add({"ts": datetime(2024, 10, 1, 22, 30, tzinfo=UTC), "version": 1, "counted": 1})
    take_sums(books.store)
    assert read(books.store, "day", "Europe/Berlin") == (0, 1, 0)
    books.store.insert(
        "budget", [{"budget_id": "b", "scope": "total", "every": "day", "timezone": "Europe/Berlin", "removed": 0}]
    )
    try:
        take_sums(books.store)
        assert read(books.store, "day", "Europe/Berlin") == (0, 0, 1)
    finally:
        books.store.execute("TRUNCATE TABLE budget")


def test_summing_an_hour_reads_that_hour_and_not_the_whole_ledger(books: Books) -> None:
    books.empty()
    store = books.store
    store.execute(
        "INSERT INTO ledger (trace_id, span_id, ts, tenant_id, version, counted, enriched_at) "
        "SELECT leftPad(hex(number), 32, '0'), leftPad(hex(number), 16, '0'), "
        "toDateTime64('2024-10-01 00:00:00', 9, 'UTC') + toIntervalSecond(number), 'acme', 1, 1, now64(6, 'UTC') "
        "FROM numbers(86400)"
    )
    before = rows_read(store)
    store.execute(statement("rollups/sums"), {"hours": ["2024-10-01 05:00:00"], "built": 1, "left_out": []})
    # Those of the hour's granules of 8,192 rows, and the price entries.
    assert rows_read(store) - before < 40_000
    assert store.value("SELECT sum(ledger_rows) FROM ledger_sum WHERE built = 1") == 3_600


def rows_read(store: Store) -> int:
    return int(store.value("SELECT value FROM system.events WHERE event = 'SelectedRows'"))


def test_sums_keep_names_and_values_of_dimensions_as_they_are(books: Books) -> None:
    books.empty()
    told = {
        "it's": "a\\b", "nul": "a\0b\0", "lines": "a\n\t\r", "brackets": "')],[('", "": "no name", "empty": "",
        "quoted": '"x"', "umlaut": "\u00e9\U0001f600", "escaped": "\\'\\0", "\\": "'",
    }  # fmt: skip
    for number in (1, 2):
        books.add({
            "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "version": 1, "dimensions": told, "counted": 1,
            "ts": datetime(2024, 10, 1, 4, number, tzinfo=UTC),
        })  # fmt: skip
    take_sums(books.store)
    sums = books.store.rows("SELECT dimensions, ledger_rows FROM ledger_sum FINAL WHERE hours = 1")
    assert sums == [{"dimensions": told, "ledger_rows": 2}]
