"""What inserts of OTLP requests ask of the engine."""

from __future__ import annotations

from typing import Any

# What OTLP/JSON may hold that the tables do not: fields that are not read, and numbers where text is.
OF_JSON: dict[str, Any] = {
    "input_format_skip_unknown_fields": 1,
    "input_format_json_ignore_unknown_keys_in_named_tuple": 1,
    "input_format_json_defaults_for_missing_elements_in_named_tuple": 1,
    "input_format_json_read_numbers_as_strings": 1,
    "input_format_json_read_bools_as_strings": 1,
    "input_format_null_as_default": 1,
    # The errors count rows from the start.
    "input_format_parallel_parsing": 0,
}


# One thread and one block, so that an insert is one part in each table and gets the same tokens when it is repeated.
_ONE_BLOCK: dict[str, Any] = {
    "max_insert_threads": 1,
    "max_insert_block_size": 10_000_000,
    "min_insert_block_size_rows": 10_000_000,
    "min_insert_block_size_bytes": 2**31,
    # To make one expression of all levels of the view of spans costs more than it saves.
    "query_plan_merge_expressions": 0,
}


def once(token: str) -> dict[str, Any]:
    """Settings by which an insert with the same token does nothing the second time."""
    return {"deduplicate_insert": "enable", "insert_deduplication_token": token, **_ONE_BLOCK}
