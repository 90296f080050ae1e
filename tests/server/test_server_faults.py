"""What a server refuses, forgets to answer or tells late costs no acknowledged call, and makes none twice."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from fault_proxy import FaultProxy
from harness.spooled import acknowledge, all_once, commit, counts, eventually, request, spool_of
from running_server import Server

from spanledger_collector.committer import Committer
from spanledger_enrich.prices.model_alias import set_alias
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_settings.configuration import Configuration
from spanledger_sql.definitions.migrations import migrate, pending
from spanledger_sql.store import Store, StoreError

NOON = datetime(2024, 10, 8, 12, 30, tzinfo=UTC)

pytestmark = pytest.mark.slow


def with_address(configuration: Configuration, address: str) -> Configuration:
    return configuration.model_copy(update={"clickhouse_url": address})


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("denied", "ACCESS_DENIED"),
        ("small", "MEMORY_LIMIT_EXCEEDED"),
        ("reader", "READONLY"),
        ("stinted", "QUOTA_EXCEEDED"),
    ],
)
def test_what_a_user_may_not_insert_waits_and_is_stored_once(
    clickhouse: Server, database: str, on_server: Configuration, server_store: Store, user: str, said: str
) -> None:
    spool = spool_of(on_server)
    acknowledge(spool, request(0), request(10))
    address = clickhouse.address(database).replace("admin", user)
    with Store.open(with_address(on_server, address), at_once=False) as limited:
        committer = Committer(spool, limited)
        eventually(lambda: said in committer.problem)
        assert spool.rejected() == 0
        spool.close()
        committer.join(patience_s=0.2)
    assert counts(server_store) == all_once(0)
    commit(server_store, spool_of(on_server))
    assert counts(server_store) == all_once(20)


def test_too_many_parts_in_the_last_table_leave_nothing_twice(on_server: Configuration, server_store: Store) -> None:
    server_store.execute("ALTER TABLE llm_spans MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1")
    server_store.execute("SYSTEM STOP MERGES llm_spans")
    spool = spool_of(on_server)
    acknowledge(spool, request(0))
    committer = Committer(spool, server_store)
    eventually(lambda: spool.bytes_on_disk == 0)
    acknowledge(spool, request(10))
    eventually(lambda: "TOO_MANY_PARTS" in committer.problem)
    assert spool.rejected() == 0
    server_store.execute("ALTER TABLE llm_spans MODIFY SETTING parts_to_throw_insert = 3000")
    eventually(lambda: spool.bytes_on_disk == 0)
    spool.close()
    committer.join()
    assert counts(server_store) == all_once(20)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_insert_whose_answer_is_lost_is_stored_once(
    on_server: Configuration, server_store: Store, proxy: FaultProxy, database: str, clickhouse: Server, times: int
) -> None:
    spool = spool_of(on_server)
    acknowledge(spool, request(0), request(10))
    proxy.mode, proxy.match, proxy.times = "drop answer", b"otlp_trace_requests", times
    with Store.open(with_address(on_server, clickhouse.address(database, proxy.port))) as through:
        committer = Committer(spool, through)
        eventually(lambda: spool.bytes_on_disk == 0, 20)
        spool.close()
        committer.join()
    assert proxy.times == 0
    assert spool.rejected() == 0
    assert counts(server_store) == all_once(20)


def test_a_server_that_is_away_for_a_while_gets_all_once(
    on_server: Configuration, server_store: Store, proxy: FaultProxy, database: str, clickhouse: Server
) -> None:
    spool = spool_of(on_server)
    with Store.open(with_address(on_server, clickhouse.address(database, proxy.port))) as through:
        committer = Committer(spool, through)
        acknowledge(spool, request(0))
        eventually(lambda: spool.bytes_on_disk == 0)
        proxy.mode = "refuse"
        acknowledge(spool, request(10))
        eventually(lambda: committer.problem)
        proxy.mode = "pass"
        eventually(lambda: spool.bytes_on_disk == 0)
        spool.close()
        committer.join()
    assert counts(server_store) == all_once(20)


def test_a_server_that_never_answers_is_given_up(
    on_server: Configuration, proxy: FaultProxy, database: str, clickhouse: Server
) -> None:
    proxy.mode = "hang"
    address = f"{clickhouse.address(database, proxy.port)}?send_receive_timeout=1"
    begin = time.monotonic()
    with pytest.raises(StoreError, match="cannot reach the database"):
        Store.open(with_address(on_server, address))
    assert time.monotonic() - begin < 15


def test_parts_that_start_at_once_on_an_empty_server_do_not_meet(on_server: Configuration) -> None:
    together = threading.Barrier(3)

    def start() -> None:
        with Store.open(on_server) as store:
            together.wait()
            migrate(store)

    with ThreadPoolExecutor(3) as parts:
        for part in [parts.submit(start) for _ in range(3)]:
            part.result()
    with Store.open(on_server) as store:
        assert pending(store) == []


def span(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "ts": NOON, "provider": "openai", "status": "ok",
        "request_model": "gpt-4o", "operation": "chat", "input_tokens": 5, "usage_source": "reported", **fields,
    }  # fmt: skip


def test_calls_that_become_visible_late_are_booked(on_server: Configuration, server_store: Store) -> None:
    load_reference_data(server_store)
    worker, now = Worker(server_store, on_server), datetime.now(UTC)
    for number, away in enumerate((timedelta(), timedelta(minutes=-10), timedelta(days=-400), timedelta(days=30))):
        server_store.insert("llm_spans", [span(number, ingested_at=now + away)])
        assert worker.catch_up() == 1
    worker.give_back()
    assert server_store.value("SELECT count() FROM calls") == 4


def test_what_is_set_back_is_in_force_where_repeated_inserts_are_dropped(server_store: Store) -> None:
    """As replicated tables do, which this server cannot write; a window makes plain ones alike."""
    server_store.execute("ALTER TABLE model_alias MODIFY SETTING non_replicated_deduplication_window = 100")
    load_reference_data(server_store)
    for target in ("gpt-4o", "gpt-4o-mini", "gpt-4o"):
        set_alias(server_store, "ours", f"openai/{target}")
    found = server_store.rows("SELECT price_model FROM model_alias FINAL WHERE model = 'ours'")
    assert found == [{"price_model": "gpt-4o"}]


def test_what_bears_no_token_may_come_again(server_store: Store) -> None:
    server_store.execute("ALTER TABLE exchange_rate MODIFY SETTING non_replicated_deduplication_window = 100")
    server_store.execute("SYSTEM STOP MERGES exchange_rate")
    for _ in range(2):
        server_store.insert("exchange_rate", [{"currency": "EUR"}])
        server_store.insert_frame("exchange_rate", pd.DataFrame({"currency": ["EUR"]}))
        server_store.execute("INSERT INTO exchange_rate (currency) SELECT 'EUR'")
    assert server_store.value("SELECT count() FROM exchange_rate WHERE currency = 'EUR'") == 6


def test_a_repeated_insert_with_a_token_does_nothing(server_store: Store) -> None:
    for owner in ("first", "second"):
        server_store.insert("worker_lease", [{"epoch": 1, "owner": owner, "above": 0}], token="worker/1")
    assert server_store.rows("SELECT owner FROM worker_lease") == [{"owner": "first"}]
