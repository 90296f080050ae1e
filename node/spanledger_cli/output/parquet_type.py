"""Which Parquet type a column of the database gets, whatever values it holds."""

from __future__ import annotations

import re

import pyarrow as pa

_SIMPLE = {
    "String": pa.string(), "UUID": pa.string(), "Bool": pa.bool_(), "Date": pa.date32(), "Date32": pa.date32(),
    "Float32": pa.float32(), "Float64": pa.float64(),
    **{f"{sign}Int{bits}": getattr(pa, f"{sign.lower()}int{bits}")() for sign in ("", "U") for bits in (8, 16, 32, 64)},
}  # fmt: skip
_WRAPPED = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)")
_DECIMAL = re.compile(r"Decimal\((\d+), (\d+)\)")
_TIME = re.compile(r"DateTime(64)?(?:\((?:\d)?.*\))?")


def parquet_type(database: str) -> pa.DataType | None:
    """The type of a column that ClickHouse calls ``database``; None where there is no fixed one (maps, tuples)."""
    if database.startswith("Array("):
        element = parquet_type(database.removeprefix("Array(").removesuffix(")"))
        return None if element is None else pa.list_(element)
    while inner := _WRAPPED.fullmatch(database):
        database = inner[1]
    if decimal := _DECIMAL.fullmatch(database):
        digits, scale = int(decimal[1]), int(decimal[2])
        # A sum of a column has its scale and more digits: one type for both.
        return pa.decimal128(38, scale) if digits <= 38 else pa.decimal256(76, scale)
    if database.startswith(("Enum", "FixedString")):
        return pa.string()
    if _TIME.fullmatch(database):
        return pa.timestamp("ns" if database.startswith("DateTime64(9") else "us", "UTC")
    return _SIMPLE.get(database)
