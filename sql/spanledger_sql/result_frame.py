"""Rows of the database as DataFrames: money as Decimal, times aware and in UTC."""

from __future__ import annotations

import contextlib
import math
import re
from typing import TYPE_CHECKING, Any, Final

from clickhouse_connect.driver.exceptions import ClickHouseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd
    from clickhouse_connect.driver.client import Client

_OF_TIME: Final = re.compile(r"\{(\w+):(?:Nullable\()?Date")
_MANY: Final = 500


class EmptyResults:
    """Which columns results without a row have: to ask for them takes as long as the query, and they stay the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def columns(self, client: Client, query: str, parameters: Mapping[str, Any]) -> dict[str, str]:
        """The columns and their types; none of a statement that is no SELECT."""
        # A column's type may have the name of a time zone, and a table be named by a parameter; moments are in no type.
        moments = set(_OF_TIME.findall(query))
        key = query, repr(sorted((name, value) for name, value in parameters.items() if name not in moments))
        if known := self._known.get(key):
            return known
        if told := _described(client, query, parameters):
            if len(self._known) >= _MANY:
                self.forget()
            self._known[key] = told
        return told

    def forget(self) -> None:
        """Ask anew: tables may be others."""
        self._known.clear()


def whole_frame(client: Client, query: str, parameters: Mapping[str, Any], empty: EmptyResults) -> pd.DataFrame:
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
        types = empty.columns(client, query, bound)
        frame = frame.reindex(columns=list(types))
    frame.attrs["types"] = dict(types)
    return frame


def frames_in_blocks(client: Client, query: str, empty: EmptyResults) -> Iterator[pd.DataFrame]:
    """The rows of a query in blocks; of a statement that is no SELECT, what it gives as a whole."""
    types, some = _described(client, query, {}), False
    if types:
        with client.query_df_stream(query, tz_mode="aware") as blocks:
            for block in blocks:
                block.attrs["types"], some = types, True
                yield block
    if not some:
        yield whole_frame(client, query, {}, empty)


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
