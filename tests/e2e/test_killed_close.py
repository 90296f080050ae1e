"""A close that is killed anywhere leaves a month that is closed or is not; the next one brings it to its end."""

import json
import random
import time

import pytest
from harness import data_folder
from harness.command import in_own_process, start

from spanledger_enrich.books.closing.verification import verify
from spanledger_sql.store import Store

CALLS = 200_000
LEDGER = """
    INSERT INTO ledger (trace_id, span_id, ts, tenant_id, provider, request_model, cost_center, list_cost,
                        contracted_cost, price_status, energy_wh, co2e_g, co2e_g_low, co2e_g_high, counted, version,
                        enriched_at)
    SELECT lower(hex(MD5(toString(number)))), leftPad(hex(number), 16, '0'),
           toDateTime64('2024-10-02 00:00:00', 9, 'UTC') + number, concat('tenant-', toString(number % 7)),
           'openai', 'gpt-4o', concat('cc-', toString(number % 3)), 0.25, 0.125, 'priced', 2, 0.5, 0.25, 1, 1, 1,
           now64(6, 'UTC')
    FROM numbers({calls:UInt64})
"""


@pytest.mark.slow
def test_a_close_killed_again_and_again_ends_whole(configuration):
    folder = configuration.data_dir
    with data_folder.opened(configuration) as store:
        store.execute(LEDGER, {"calls": CALLS})
    with start("close", "soft", "2024-10", "--as", "ann", "--grace", 0, data_dir=folder) as process:
        begun = has_the_folder(process, folder)
        assert process.wait(timeout=120) == 0
    lasts = time.monotonic() - begun

    kills = 0
    chance = random.Random(17)
    for fifths in range(5):
        with start("close", "hard", "2024-10", "--as", "bob", data_dir=folder) as process:
            has_the_folder(process, folder)
            time.sleep(lasts * (fifths + chance.random()) / 5)
            kills += process.poll() is None
            process.kill()
        with Store.open(configuration, exclusive=True) as store:
            proof = verify(store)
            assert proof.faults == ()
            assert proof.closes in {0, 1}
            if proof.closes:
                break
    done = in_own_process("close", "hard", "2024-10", "--as", "bob", data_dir=folder)
    assert kills
    assert done.returncode == 0 or "2024-10 is closed" in done.stderr

    with Store.open(configuration, exclusive=True) as store:
        proof = verify(store)
        [closed] = [json.loads(row["body"]) for row in store.rows("SELECT body FROM book_event WHERE action = 'hard'")]
    assert (proof.faults, proof.closes, proof.statements, proof.entries) == ((), 1, 7, CALLS)
    assert closed["total"]["cost"] == f"{CALLS * 0.125:.12f}"


def has_the_folder(process, folder):
    """Wait until a process has the data folder, before which it changes nothing; gives when."""
    deadline = time.monotonic() + 120
    while (folder / "lock").read_text().strip() != str(process.pid):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return time.monotonic()
