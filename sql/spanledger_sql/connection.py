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
# token may come again: a replicated table would drop an alias that is set to A, to B and to A. What is MATERIALIZED is
# made once, not for each time that it is named. To compile what the engine meets for the third time takes 20 ms for
# each of dozens of expressions, in every process anew; neither batches nor reports call by call were quicker for it. To
# look for columns that a plan may leave out takes a tenth of a report's time, and finds nothing to leave out.
#
# The optimize_ ones each go through the whole of a query, once for each time that a part of it is named, and compare
# what they find with all below it; most of a report's time is such planning. Comparing chains of AND takes half of what
# each insert pays to plan the view of spans. The others find next to nothing that is not written so already (a key that
# another key gives, ANDs that two ORs share, a sum and a count to be one), and together take 0.9 of the 2.2 s of the
# bridge of a bill, and up to a fifth of other reports'; each alone takes less than half of it. Over 20 million calls no
# report is slower without them, and neither are batches, nor sums of hours. Those that turn functions into subcolumns
# and dates into ranges stay: they spare reading, and take nothing. (No query sets what a session may: who may only read
# cannot.)
SESSION_SETTINGS: Mapping[str, str | int] = {
    "join_use_nulls": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "deduplicate_insert": "disable",
    "async_insert": 0,
    "enable_materialized_cte": 1,
    "query_plan_remove_unused_columns": 0,
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
    "optimize_aggregators_of_group_by_keys": 0,
    "optimize_and_compare_chain": 0,
    "optimize_extract_common_expressions": 0,
    "optimize_group_by_function_keys": 0,
    "optimize_multiif_to_if": 0,
    "optimize_syntax_fuse_functions": 0,
}
# As those above, a tenth of a bridge; the engine in this process has it, a server from 26.4 on: an older one would
# refuse every statement that names it.
_WHERE_KNOWN: Mapping[str, str | int] = {"optimize_truncate_order_by_after_group_by_keys": 0}


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
    settings = {**SESSION_SETTINGS, **(_WHERE_KNOWN if kind != "server" else {}), **scope}
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
        client = clickhouse_connect.get_client(
            **driver_arguments(address), settings=settings, autogenerate_session_id=False
        )
        for name, value in _WHERE_KNOWN.items():
            if (known := client.server_settings.get(name)) is not None and not known.readonly:
                client.set_client_setting(name, value)
    except (ClickHouseError, OSError) as error:
        reason = without_secrets(reason_of(error), address)
        raise StoreError(
            f"cannot reach the database at {without_password(address)}: {reason}", code_of(error)
        ) from None
    return client
