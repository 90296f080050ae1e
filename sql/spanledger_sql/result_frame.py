"""Rows of the database as DataFrames: money as Decimal, times aware and in UTC."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

from clickhouse_connect.driver.exceptions import ClickHouseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from clickhouse_connect.driver.client import Client


def whole_frame(client: Client, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """All rows of a query; its ``attrs["types"]`` has the database's name of each column's type."""
    bound = dict(parameters)
    context = client.create_query_context(
        query=query, parameters=bound, tz_mode="aware", use_numpy=True, as_pandas=True
    )
    types: dict[str, str] = {}
    if context.is_command or context.is_insert:
        frame: pd.DataFrame = client.query_df(context=context)
    else:
        # The public method would forget that the times are to be aware, and pandas' own types.
        result = client._query_with_context(context)
        frame = result.df_result  # type: ignore[attr-defined]
        types = {name: kind.name for name, kind in zip(result.column_names, result.column_types, strict=True)}
    if not len(frame.columns):
        # The driver gives no columns where the embedded engine gives no rows.
        types = _described(client, query, bound)
        frame = frame.reindex(columns=list(types))
    frame.attrs["types"] = types
    return frame


def frames_in_blocks(client: Client, query: str) -> Iterator[pd.DataFrame]:
    """The rows of a query in blocks; of a statement that is no SELECT, what it gives as a whole."""
    types, some = _described(client, query, {}), False
    if types:
        with client.query_df_stream(query, tz_mode="aware") as blocks:
            for block in blocks:
                block.attrs["types"], some = types, True
                yield block
    if not some:
        yield whole_frame(client, query, {})


def _described(client: Client, query: str, parameters: Mapping[str, Any]) -> dict[str, str]:
    """The columns of a query and their types; none of a statement that is no SELECT."""
    with contextlib.suppress(ClickHouseError):
        rows = client.query(f"DESCRIBE TABLE ({query}\n)", parameters=dict(parameters)).result_rows
        return {name: kind for name, kind, *_ in rows}
    return {}


def known(value: Any) -> Any:
    """The value of a cell, or None where pandas marks it as missing."""
    import pandas as pd  # noqa: PLC0415 (slow, and whoever has a cell has it already)

    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value
