"""FOCUS's metadata of an export: who made it, the schema of each file, and how complete each is."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from spanledger_enrich.books.focus.beside import moment
from spanledger_enrich.books.focus.cost_and_usage import billing_months
from spanledger_enrich.books.focus.dataset import columns as known

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from spanledger_enrich.books.focus.cost_and_usage import Asked

_TYPES = {"Nullable(Decimal(38, 12))": "DECIMAL", "Decimal(38, 12)": "DECIMAL"}


def metadata(
    asked: Asked,
    files: Mapping[str, tuple[str, Mapping[str, str]]],
    columns: Mapping[str, list[str]],
    issued: Mapping[str, str],
    now: datetime,
) -> dict[str, Any]:
    """The metadata as FOCUS's schema, dataset instance and recency objects.

    Args:
        asked: What the export is of.
        files: By dataset: the file's name, and its columns' types as the database calls them.
        columns: By dataset: the columns in order.
        issued: By when a billing period begins: when its invoices were issued, where they were.
        now: When the export was made.
    """
    # What this organisation bills may change until it is invoiced; what providers do, until it is over.
    complete = {
        part: part.end <= now and (asked.view == "provider" or moment(whole.begin) in issued)
        for _, whole, part in billing_months(asked.period)
    }
    schemas, instances, recency = [], [], []
    for dataset, (file, types) in files.items():
        defined = {column.name: column.type for column in known(dataset, asked.version)}
        definition = [_column(name, defined.get(name, ""), types.get(name, "String")) for name in columns[dataset]]
        told = f"{dataset} {asked.version} {asked.view} {definition}"
        schema = hashlib.sha256(told.encode()).hexdigest()[:16]
        schemas.append(
            {
                "SchemaId": schema,
                "DatasetInstanceId": file,
                "SchemaName": f"{dataset} {asked.version}, {asked.view} view",
                "CreationDate": moment(now),
                "FocusVersion": asked.version,
                "ColumnDefinition": definition,
            }
        )
        instances.append(
            {
                "DatasetInstanceId": file,
                "DatasetInstanceName": f"{dataset} of {asked.period}",
                "FocusDatasetId": dataset,
                "SchemaId": schema,
            }
        )
        recency.append(
            {
                "DatasetInstanceId": file,
                "DatasetInstanceLastUpdated": moment(now),
                "RecencyLastUpdated": moment(now),
                "DatasetInstanceComplete": all(complete.values()),
                "TimeSectors": [
                    {
                        "TimeSectorStart": moment(part.begin),
                        "TimeSectorEnd": moment(part.end),
                        "TimeSectorComplete": is_complete,
                        "TimeSectorLastUpdated": moment(now),
                    }
                    for part, is_complete in complete.items()
                ],
            }
        )
    return {
        "DataGenerator": {"DataGenerator": "Spanledger"},
        "Schema": schemas,
        "DatasetInstance": instances,
        "Recency": recency,
        "x_CorrectionHandling": "Delta" if asked.view == "internal" else "Replacement",
    }


def _column(name: str, focus_type: str, type_name: str) -> dict[str, Any]:
    """A column as a table has it that is made for it: what files have as text is a time or a document all the same."""
    if focus_type == "DateTime":
        return {"ColumnName": name, "DataType": "DATETIME"}
    if focus_type == "JSON":
        # Tags are the users' own: none of them begins with a prefix of ours.
        prefixes: dict[str, Any] = {"ProviderTagPrefixes": []} if name == "Tags" else {}
        return {"ColumnName": name, "DataType": "JSON", **prefixes}
    if kind := _TYPES.get(type_name):
        return {"ColumnName": name, "DataType": kind, "NumericPrecision": 38, "NumberScale": 12}
    if type_name.startswith(("Nullable(Float", "Float")):
        return {"ColumnName": name, "DataType": "DOUBLE"}
    if "Int" in type_name:
        return {"ColumnName": name, "DataType": "BIGINT"}
    return {"ColumnName": name, "DataType": "STRING", "StringEncoding": "UTF-8"}
