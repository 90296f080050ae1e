"""What the ledger's calls alarm: spend that runs away, a run in a loop, a storm of retries; each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from spanledger_enrich.books.budgets import alarm

NOW = datetime(2024, 10, 18, 12, 2, tzinfo=UTC)


def test_each_is_found_and_raised_once(books):
    def call(ts: datetime, cost: str, **changes: object) -> dict[str, object]:
        money = Decimal(cost)
        return {"ts": ts, "price_status": "priced", "list_cost": money, "contracted_cost": money, "input_cost": money,
                "run_id": "", **changes}  # fmt: skip

    around = [timedelta(minutes=5 * n) for n in range(-8, 8)]
    usual = [
        call(NOW - timedelta(days=day) + shift, "0.1", tenant_id=tenant)
        for day in range(1, 16)
        for shift in around
        for tenant in ("acme", "globex")
    ]
    away = [call(NOW - timedelta(minutes=minutes), "20", tenant_id="acme") for minutes in (4, 9)]
    alone = [call(NOW - timedelta(minutes=4), "20", tenant_id="globex")]
    loop = [call(NOW - timedelta(hours=2), "0", tenant_id="initech", run_id="r1") for _ in range(300)]
    calm = [call(NOW - timedelta(hours=2), "0", tenant_id="initech", run_id="r2") for _ in range(299)]
    storm = [call(NOW - timedelta(hours=4), "0", tenant_id="hooli", status="error") for _ in range(100)]
    books.fill(*usual, *away, *alone, *loop, *calm, *storm)
    found = alarm.of_calls(books.store, NOW)
    told = {
        (row["kind"], row["tenant_id"], row["run_id"], f"{row['begins']:%H:%M}", f"{row['ends']:%H:%M}", row["reached"])
        for row in found
    }
    assert told == {
        ("runaway", "acme", "", "11:50", "12:00", Decimal(40)),
        ("loop", "initech", "r1", "10:02", "10:07", Decimal(300)),
        ("retries", "hooli", "", "08:02", "08:07", Decimal(100)),
    }
    assert next(row["bound"] for row in found if row["kind"] == "runaway") < 1
    assert len(alarm.note(books.store, found)) == 3
    books.add(call(NOW + timedelta(minutes=1), "20", tenant_id="acme"))
    later = alarm.of_calls(books.store, NOW + timedelta(minutes=5))
    assert {row["kind"] for row in later} == {"runaway", "loop", "retries"}
    assert alarm.note(books.store, later) == []


def test_five_minutes_that_the_clock_parts_are_five_minutes(books):
    def calls(count: int, began: datetime, each: float, **changes: object) -> list[dict[str, object]]:
        return [{"ts": began + timedelta(seconds=each * n), "run_id": "", **changes} for n in range(count)]

    parted = NOW - timedelta(hours=2, minutes=3)  # 09:59
    books.store.execute("TRUNCATE TABLE alarm")
    books.fill(
        *calls(300, parted, 0.99, tenant_id="initech", run_id="r1"),
        # One in a second for ten minutes: never 300 in five of them.
        *calls(600, parted, 1.01, tenant_id="initech", run_id="r2"),
        *calls(100, parted + timedelta(seconds=20), 2.9, tenant_id="hooli", status="error"),
        *calls(100, parted + timedelta(seconds=20), 3.1, tenant_id="acme", status="error"),
        # One more went well before.
        *calls(100, parted, 1.0, tenant_id="globex", status="error"),
        *calls(101, parted - timedelta(seconds=1), 1.0, tenant_id="globex"),
    )  # fmt: skip
    found = alarm.of_calls(books.store, NOW)
    assert {(row["kind"], row["tenant_id"], row["run_id"], f"{row['begins']:%H:%M:%S}") for row in found} == {
        ("loop", "initech", "r1", "09:59:00"), ("retries", "hooli", "", "09:59:20"),
    }  # fmt: skip
    assert len(alarm.note(books.store, found)) == 2
    assert alarm.note(books.store, alarm.of_calls(books.store, NOW + timedelta(minutes=7))) == []
