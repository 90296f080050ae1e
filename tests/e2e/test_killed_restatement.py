"""A restatement that is killed, over and over: the next one finishes it, and its totals are whole."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import data_folder

from spanledger_enrich.worker import Worker
from spanledger_sql.store import Store

CHUNKS = 7
SPANS = """
    INSERT INTO llm_spans (ingested_at, trace_id, span_id, ts, provider, request_model, operation, status, tenant_id,
                           input_tokens, output_tokens, usage_source)
    SELECT now64(6, 'UTC'), lower(hex(MD5(toString(number)))), leftPad(hex(number), 16, '0'),
           toDateTime64('2024-10-30 00:00:00', 9, 'UTC') + number * 8, 'openai', 'gpt-4o', 'chat', 'ok',
           concat('tenant-', toString(number % 7)), 1000 + number, 100, 'reported'
    FROM numbers({calls:UInt64})
"""
DOUBLED = (
    "INSERT INTO price_list SELECT * REPLACE (input_price * 2 AS input_price, now64(6, 'UTC') AS loaded_at) "
    "FROM price_list FINAL WHERE model = 'gpt-4o'"
)
PROGRESS = "SELECT countIf(state = 'done') AS done, count() AS begun FROM restatement_chunk FINAL"


@pytest.mark.slow
def test_a_restatement_killed_again_and_again_ends_whole(configuration):
    with data_folder.opened(configuration, "loaded") as store:
        store.execute(SPANS, {"calls": CHUNKS * 1000})
        Worker(store, configuration).catch_up()
        [before] = store.rows("SELECT sum(list_cost) AS cost, sum(input_cost) AS input FROM calls")
        store.execute(DOUBLED)
        written = Path(store.value("SELECT data_paths[1] FROM system.tables WHERE name = 'restatement_chunk'"))

    for _ in range(2):
        process = restate(configuration)
        # Each chunk writes twice: it is counted, and done.
        wait_for(process, written, inserts=3)
        process.kill()
        process.wait()
        with Store.open(configuration, exclusive=True) as store:
            progress = store.rows(PROGRESS)[0]
        assert 0 < progress["done"] < CHUNKS, progress
    assert restate(configuration).wait(timeout=300) == 0

    with Store.open(configuration, exclusive=True) as store:
        [after] = store.rows("SELECT count() AS calls, sum(list_cost) AS cost, sum(input_cost) AS input FROM calls")
        [total] = store.rows(
            "SELECT sum(old_list_cost) AS old, sum(new_list_cost) AS new, sum(new_calls) AS calls "
            "FROM restatement_total FINAL WHERE restatement_id IN "
            "(SELECT restatement_id FROM restatement FINAL WHERE state = 'done')"
        )
    assert after == {
        "calls": CHUNKS * 1000,
        "cost": before["cost"] + before["input"],
        "input": 2 * before["input"],
    }
    assert total == {"old": before["cost"], "new": after["cost"], "calls": CHUNKS * 1000}


def restate(configuration):
    return subprocess.Popen(
        [sys.executable, "-m", "spanledger_cli", "--data-dir", str(configuration.data_dir), "restate"],
        env={**os.environ, "SPANLEDGER_BATCH_CALLS": "1000"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(process, table, inserts):
    """Wait until a process has inserted so often into the table in this folder, by its parts' numbers."""
    begun = last_block(table)
    deadline = time.monotonic() + 300
    while last_block(table) < begun + inserts:
        assert process.poll() is None, "it ended too soon to be killed at work"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def last_block(table):
    # A part's folder is named by its partition, first and last block, and level.
    return max((int(part.name.split("_")[-2]) for part in table.glob("*_*_*_*")), default=0)
