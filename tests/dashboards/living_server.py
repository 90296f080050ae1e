"""Serves dashboards over a ledger that changes at a word, a line on standard input.

python living_server.py DATA_DIR PORT CALLS

`often`: open pages look once a second whether there is anything newer; `write`: the latest calls come once more;
`gone`: the database does not answer any more.
"""

from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path

import uvicorn
from ledger_sample import insert, ledger_sample

from spanledger_dashboards import open_store
from spanledger_dashboards.server import dashboards
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

_LATER = """
INSERT INTO ledger SELECT * REPLACE (
    concat('later', span_id) AS span_id, enriched_at + INTERVAL 1 HOUR AS enriched_at, version + 1 AS version)
FROM ledger WHERE counted = 1 ORDER BY ts DESC LIMIT 50
"""


def main(data_dir: str, port: str, calls: str) -> None:
    """Fill the folder, then serve until terminated."""
    folder = Path(data_dir)
    with Store.open(load(data_dir=folder, clickhouse_url=f"chdb://{data_dir}/clickhouse"), exclusive=True) as store:
        migrate(store)
        insert(store, ledger_sample(int(calls)))
        threading.Thread(target=_obey, args=(store, folder), daemon=True).start()
        uvicorn.run(dashboards(store, host="127.0.0.1"), host="127.0.0.1", port=int(port), log_level="warning")


def _obey(store: Store, folder: Path) -> None:
    for line in sys.stdin:
        # What remembers answers warns of being imported where nothing is served yet.
        from spanledger_dashboards import books_moment, moment
        from spanledger_dashboards.pages import newer_figures

        word = line.strip()
        if word == "often":
            newer_figures.EVERY_SECONDS = 1
        elif word == "write":
            store.execute(_LATER)
        else:
            with socket.create_server(("127.0.0.1", 0)) as ended:
                address = f"http://127.0.0.1:{ended.getsockname()[1]}/ledger?send_receive_timeout=1"
            open_store.hand_over(Store.open(load(data_dir=folder, clickhouse_url=address), at_once=False))
        moment._cached.clear()
        books_moment._current.clear()


if __name__ == "__main__":
    main(*sys.argv[1:])
