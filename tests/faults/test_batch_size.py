"""A worker that dies of its batch, again and again, comes to the end of its work all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from spanledger_enrich.ledger import batch_size
from spanledger_enrich.ledger.batch_size import BatchSize
from spanledger_enrich.ledger.enrichment import record_progress
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store

_INSERTS, _CALLS = 8, 2_000
# As many as the process does not survive.
_DEADLY = 10_000
_INSERT = """
INSERT INTO llm_spans
(ingested_at, trace_id, span_id, ts, provider, request_model, operation, status, input_tokens, usage_source)
SELECT
    fromUnixTimestamp64Micro(1790000000000000 + {insert:Int64}, 'UTC'), lower(hex(sipHash128({insert:Int64}, number))),
    lower(hex(sipHash64({insert:Int64}, number))), toDateTime64('2026-10-05 09:00:00', 9, 'UTC'), 'openai', 'gpt-4o',
    'chat', 'ok', 5, 'reported'
FROM numbers({calls:UInt64})
"""
_WORKER = """
import os, signal, sys
from pathlib import Path
from spanledger_enrich.ledger.stages import Stages
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load
from spanledger_sql.store import Store
compute = Stages.cost
def deadly(stages, scope):
    if stages._taken() >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    compute(stages, scope)
Stages.cost = deadly
configuration = load(data_dir=Path(sys.argv[1]))
with Store.open(configuration, exclusive=True) as store:
    Worker(store, configuration).catch_up()
"""


@pytest.fixture
def waiting(migrated: Configuration) -> Configuration:
    """A database with calls that nobody has booked."""
    with Store.open(migrated, exclusive=True) as store:
        for insert in range(_INSERTS):
            store.execute(_INSERT, {"insert": insert, "calls": _CALLS})
    return migrated


def test_a_worker_that_is_killed_by_its_batch_books_all_in_the_end(waiting: Configuration) -> None:
    ends = []
    while len(ends) < 4 and ends[-1:] != [0]:
        command = [sys.executable, "-c", _WORKER, str(waiting.data_dir), str(_DEADLY)]
        ends.append(subprocess.run(command, env=os.environ, timeout=120, check=False).returncode)
    assert ends == [-9, 0]
    with Store.open(waiting, exclusive=True) as store:
        assert store.value("SELECT uniqExact(span_id) FROM calls") == store.value("SELECT count() FROM ledger FINAL")
        assert store.value("SELECT sum(input_tokens) FROM calls") == 5 * _INSERTS * _CALLS


def test_batches_shrink_while_they_fail_and_grow_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_size, "_LEAST", 100)
    begin: Callable[[], BatchSize] = lambda: BatchSize(store, 1_000)  # noqa: E731
    sizes = []
    for version in range(1, 6):
        size = begin()
        sizes.append(size.now)
        size.begun(2_000, version)
    assert sizes == [1_000, 500, 250, 125, 100]
    record_progress(store, 100, 5)
    size = begin()
    assert size.now == 200
    size.ended()
    assert size.now == 400
    size.failed()
    assert size.now == 200
    # What was begun held fewer calls than it might have.
    size.begun(150, 8)
    assert begin().now == 100
    # Of a batch of few calls nothing is noted: it is as small as it gets.
    size.begun(50, 9)
    assert begin().now == 100


def test_a_database_that_is_away_is_not_asked_how_large_a_batch_may_be(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = BatchSize(store, 1_000)
    monkeypatch.setattr(store, "rows", None)
    size.failed()
    monkeypatch.undo()
    assert size.now == 1_000
