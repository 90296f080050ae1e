"""A client of the driver, to the engine in this process, to the node that has it, or to a server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError

from spanledger_settings.configuration import without_password
from spanledger_sql.node_socket import SocketPoolManager
from spanledger_sql.server_address import driver_arguments, without_secrets
from spanledger_sql.store_error import StoreError, code_of, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

# Of what they warn, whoever asked is told by StoreError, without the settings of the request.
for _name in ("clickhouse_connect", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.ERROR)

Kind = Literal["embedded", "node", "server"]

# Settings that every statement of this project relies on: without join_use_nulls an unmatched join would make a call
# free, and without deduplicating views what comes twice with one token would land twice in llm_spans. What bears no
# token may come again: a replicated table would drop an alias that is set to A, to B and to A. Comparing chains of AND
# with each other finds nothing here, and takes half of what each insert pays to plan the view of spans. What is
# MATERIALIZED is made once, not for each time that it is named. To compile what the engine meets for the third time
# takes 20 ms for each of dozens of expressions, in every process anew; neither batches nor reports call by call were
# quicker for it. To look for columns that a plan may leave out takes a tenth of a report's time, and finds nothing to
# leave out. (No query sets what a session may: who may only read cannot.)
SESSION_SETTINGS: Mapping[str, str | int] = {
    "join_use_nulls": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "deduplicate_insert": "disable",
    "async_insert": 0,
    "optimize_and_compare_chain": 0,
    "enable_materialized_cte": 1,
    "query_plan_remove_unused_columns": 0,
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
}


def connect(kind: Kind, address: str, node: Path | None, scope: Mapping[str, str | int]) -> Client:
    """A client whose every statement has this project's settings, and those of ``scope``.

    Args:
        kind: Of what it is a client.
        address: Of the folder in this process, or of the server.
        node: The node's socket.
        scope: Settings that say what may be seen.

    Raises:
        StoreError: Nobody answers there.
    """
    settings = {**SESSION_SETTINGS, **scope}
    try:
        if kind == "node":
            return clickhouse_connect.get_client(
                host="localhost",
                port=1,
                pool_mgr=SocketPoolManager(node),
                settings=settings,
                compress=False,
                autogenerate_session_id=False,
            )
        if kind == "embedded":
            return clickhouse_connect.get_client(dsn=address, settings=settings)
        return clickhouse_connect.get_client(
            **driver_arguments(address), settings=settings, autogenerate_session_id=False
        )
    except (ClickHouseError, OSError) as error:
        reason = without_secrets(reason_of(error), address)
        raise StoreError(
            f"cannot reach the database at {without_password(address)}: {reason}", code_of(error)
        ) from None
