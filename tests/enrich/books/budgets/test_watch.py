"""Budgets are checked without anybody who asks: by the worker, each alarm once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from harness.alarm_receiver import Receiver
from harness.books import Books

from spanledger_enrich.books.budgets import budget
from spanledger_enrich.books.budgets.budget import Budget
from spanledger_enrich.books.budgets.watch import Watch
from spanledger_settings.configuration import Configuration, load


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_watch_tells_of_a_breach_once_while_it_is_its_turn(
    fresh_books: Books, configuration: Configuration, receiver: Receiver
) -> None:
    store = fresh_books.store
    set_up = load(data_dir=configuration.data_dir, alarm_webhook=receiver.url("/own"), budgets_every_seconds=0.1)
    month = Budget.model_validate({"budget": "all", "for": "total", "amount": "1", "thresholds": "100"})
    kilogram = Budget.model_validate(
        {"budget": "carbon", "for": "total", "amount": "0.5", "unit": "kgco2e", "thresholds": "100"}
    )
    budget.record(store, [month, kilogram], "a test")
    cost = {name: Decimal(2) for name in ("list_cost", "contracted_cost", "input_cost")}
    fresh_books.add({"ts": datetime.now(UTC), "price_status": "priced", "co2e_g": 600.0, **cost})
    turns = [False, False, True]
    watch = Watch(store, set_up, lambda: turns.pop(0) if len(turns) > 1 else turns[0])
    watch.start()
    wait_for(lambda: len(receiver.taken) == 2)
    checks = store.value("SELECT count() FROM system.parts WHERE table = 'alarm_turn'")
    time.sleep(1.0)
    watch.stop()
    assert checks
    assert len(receiver.taken) == 2
    assert {(body["budget"], body["unit"], body["reached"]) for _, body, _ in receiver.taken} == {
        ("all", "usd", "2.000000000000"), ("carbon", "kgco2e", "0.600000000000"),
    }  # fmt: skip


def test_where_nothing_is_to_be_kept_to_and_nobody_told_nothing_is_read(
    fresh_books: Books, configuration: Configuration
) -> None:
    fresh_books.add({"ts": datetime.now(UTC) - timedelta(minutes=10), "run_id": "r", "calls": 500})
    Watch(fresh_books.store, configuration, lambda: True).check()
    assert fresh_books.store.value("SELECT count() FROM alarm") == 0
