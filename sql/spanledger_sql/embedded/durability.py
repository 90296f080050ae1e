"""What an insert has stored survives a power cut: tables sync their parts before an insert returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spanledger_sql.store import Store

# A part of some ten thousand rows is a handful of files rather than two to four hundred, each of which would be synced.
_SYNCED_FEW_FILES = (
    "fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1, "
    f"min_bytes_for_wide_part = {128 * 2**20}"
)


def sync_inserts(store: Store) -> None:
    """Have every table that holds data sync what is inserted, moved or merged; does nothing where that holds already.

    Raises:
        StoreError: The database refuses; its user needs the right to ALTER.
    """
    tables = store.rows(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' "
        "AND engine_full NOT LIKE '%fsync_after_insert = %'"
    )
    for name in (str(row["name"]) for row in tables):
        store.execute(f"ALTER TABLE `{name}` MODIFY SETTING {_SYNCED_FEW_FILES}")
