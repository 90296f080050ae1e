"""A node that is killed at random under mixed traffic: each acknowledged call is there once, with its tokens."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest
from harness import data_folder

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
try:
    import soak
finally:
    sys.path.pop(0)


def test_kills_torn_segments_and_odd_traffic_lose_and_double_nothing(tmp_path: Path) -> None:
    data_folder.copy("loaded", tmp_path / "data")
    verdict, node, truth, _ = soak.soak(tmp_path, seconds=12, fault_every=5, rate=400, seed=12)
    assert node.kills >= 1
    assert verdict.acknowledged > 500
    assert truth.refused > 0
    assert (verdict.lost, verdict.unbooked, verdict.doubled, verdict.wrong_tokens, verdict.foreign) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("spoiled", ["lost", "doubled", "wrong_tokens", "foreign"])
def test_the_judge_sees_what_is_wrong(tmp_path: Path, spoiled: str) -> None:
    import chdb

    truth = soak.Truth(acknowledged={"a": (1, 2)}, sent=Counter("a"))
    rows = {"lost": "", "doubled": "('a',1,2),('a',1,2)", "wrong_tokens": "('a',1,3)", "foreign": "('a',1,2),('b',1,2)"}
    connection = chdb.connect(str(tmp_path / "clickhouse"))
    for table, engine in (("ledger", "ReplacingMergeTree"), ("llm_spans", "MergeTree")):
        connection.query(
            f"CREATE TABLE {table} (span_id String, input_tokens UInt64, output_tokens UInt64) ENGINE = {engine} "
            "ORDER BY span_id"
        )
        if rows[spoiled]:
            connection.query(f"INSERT INTO {table} VALUES {rows[spoiled]}")
    connection.close()
    verdict = soak.judge(truth, tmp_path)
    assert not verdict.holds
    assert getattr(verdict, spoiled) == 1
