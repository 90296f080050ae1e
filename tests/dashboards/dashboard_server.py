"""Serves the dashboards over a data folder of its own, filled with the sample ledger: the browser test's server.

python dashboard_server.py DATA_DIR PORT [CALLS [books]]
"""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn
from books_sample import add_books
from ledger_sample import insert, ledger_sample

from spanledger_dashboards.server import dashboards
from spanledger_settings.configuration import load
from spanledger_sql.definitions.migrations import migrate
from spanledger_sql.store import Store

# A tenant whose name would make a browser call a server, were it read as Markdown.
HOSTILE = "![](http://127.0.0.1:9/seen.png) <b>quarry</b> http://127.0.0.1:9/ $x$"


def main(data_dir: str, port: str, calls: str = "6000", books: str = "") -> None:
    """Fill the folder, then serve until terminated."""
    configuration = load(data_dir=Path(data_dir), clickhouse_url=f"chdb://{data_dir}/clickhouse")
    with Store.open(configuration, exclusive=True) as store:
        migrate(store)
        if int(calls):
            sample = ledger_sample(int(calls)).replace({"tenant_id": {"quarry": HOSTILE}})
            insert(store, sample)
            if books:
                add_books(store, configuration, sample, Path(data_dir))
        pages = dashboards(store, host="127.0.0.1", rules=configuration.access_rules)
        uvicorn.run(pages, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
