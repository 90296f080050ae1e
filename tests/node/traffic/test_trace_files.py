"""Public request traces: what is read, and what a bad file is told."""

import base64
import contextlib
import csv
import gzip
import importlib.resources
import json
import os
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spanledger_traffic import trace_file
from spanledger_traffic.trace_file import TracedCall, TraceFileError

HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens"
LINE = "2023-11-16 18:17:03.9799600,4808,10"
DEMO = importlib.resources.files("spanledger_traffic") / "demo_data"


@pytest.fixture
def trace(tmp_path):
    def write(content, name="trace.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_an_azure_trace_counts_its_seconds_from_the_first_call(trace):
    path = trace(f"{HEADER}\n{LINE}\n2023-11-16 18:17:05.4799600,7,0\n")
    assert trace_file.read(path) == [TracedCall(0.0, 4808, 10), TracedCall(pytest.approx(1.5), 7, 0)]


def test_a_mooncake_trace_keeps_its_blocks(trace):
    path = trace('{"timestamp": 500, "input_length": 600, "output_length": 5, "hash_ids": [1, 2]}\n')
    assert trace_file.read(path) == [TracedCall(0.0, 600, 5, (1, 2))]


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda data: b"\xef\xbb\xbf" + data], ids=["plain", "gz", "bom"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_packing_and_line_ends_do_not_matter(trace, pack, end):
    assert len(trace_file.read(trace(pack(f"{HEADER}{end}{LINE}{end}".encode())))) == 1


def test_calls_are_put_into_the_order_of_their_times(trace):
    lines = [{"timestamp": t, "input_length": t, "output_length": 1} for t in (3000, 1000, 2000)]
    calls = trace_file.read(trace("\n".join(map(json.dumps, lines))))
    assert [(call.offset_s, call.input_tokens) for call in calls] == [(0, 1000), (1, 2000), (2, 3000)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ":1: columns are ''; expected TIMESTAMP,ContextTokens,GeneratedTokens"),
        ("A,B\n1,2\n", ":1: columns are 'A,B'"),
        ("[1, 2]\n", ":1: columns are '[1, 2]'"),
        ("\0\0\0", ":1: columns are"),
        (f"{HEADER}\n", "holds no calls"),
        (f"{HEADER}\n{LINE}\nnow,1,2\n", ":3: TIMESTAMP: 'now' is not a time"),
        (f"{HEADER}\n{LINE}\n2023-11-16 18:17:04,x,10\n", ":3: ContextTokens: 'x' is not a number of tokens"),
        (f"{HEADER}\n2023-11-16 18:17:04,1,-1\n", ":2: GeneratedTokens: '-1' is not a number of tokens"),
        (f"{HEADER}\n2023-11-16 18:17:04,1\n", ":2: GeneratedTokens: None is not a number of tokens"),
        (f"{HEADER}\n2023-11-16 18:17:04,1,2,3\n", f":2: has more fields than {HEADER}"),
        (f"{HEADER}\n2023-11-16 18:17:04,{'9' * 200_000},3\n", ":2: cannot be read as CSV: field larger than"),
        ('{"timestamp": 0, "input_length": 1, "output_length": 1}\nnonsense\n', ":2: expected a JSON object"),
        ('{"timestamp": 0, "input_length": 1, "output_length": 1}\n[1]\n', ":2: expected a JSON object"),
        ('{"timestamp": 0, "input_length": 1}\n', ":1: expected a JSON object"),
        ('{"timestamp": 0, "input_length": 1.5, "output_length": 1}\n', ":1: input_length: 1.5"),
        ('{"timestamp": 0, "input_length": true, "output_length": 1}\n', ":1: input_length: True"),
        ('{"timestamp": 0, "input_length": 1, "output_length": 1e30}\n', ":1: output_length: 1e+30"),
        ('{"timestamp": 0, "input_length": 99999999999999, "output_length": 1}\n', ":1: input_length: 99999999999999"),
        ('{"timestamp": NaN, "input_length": 1, "output_length": 1}\n', ":1: timestamp: nan is not a time"),
        ('{"timestamp": 0, "input_length": 1, "output_length": 1, "hash_ids": "a"}\n', ":1: expected a JSON object"),
    ],
)  # fmt: skip
def test_a_bad_trace_names_the_file_the_line_and_the_field(trace, content, says):
    path = trace(content)
    with pytest.raises(TraceFileError) as raised:
        trace_file.read(path)
    assert str(raised.value).startswith(f"{path}:")
    assert says in str(raised.value)
    assert len(str(raised.value)) < 400


def damaged():
    packed = gzip.compress(base64.b85encode(os.urandom(3000)))
    return {
        "truncated": packed[: len(packed) // 2],
        "header alone": packed[:2],
        "no gzip at all": b"\x1f\x8bgarbage",
        "flipped in the middle": packed[:900] + bytes([packed[900] ^ 0xFF]) + packed[901:],
        "invalid block": packed[:10] + b"\xff" * 20,
        "not text": b"\xff\xfe\x00\x9d" * 10,
    }


@pytest.mark.parametrize("kind", damaged())
def test_a_damaged_file_is_said_to_be_unreadable(trace, kind):
    with pytest.raises(TraceFileError, match=r"trace\.csv: cannot be read"):
        trace_file.read(trace(damaged()[kind]))


def test_a_missing_file_and_a_folder_are_said_to_be_unreadable(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TraceFileError, match="cannot be read"):
            trace_file.read(path)


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: f"{HEADER}\n{text}".encode()))
def test_no_content_ends_in_another_error(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    path.write_bytes(content)
    with contextlib.suppress(TraceFileError):
        trace_file.read(path)


def test_the_demos_traces_are_read_whole():
    with importlib.resources.as_file(DEMO) as folder:
        azure = trace_file.read(folder / "azure_code.csv")
        mooncake = trace_file.read(folder / "mooncake_conversation.jsonl.gz")
        with (folder / "azure_code.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        packed = (folder / "mooncake_conversation.jsonl.gz").read_bytes()
        lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    assert [(c.input_tokens, c.output_tokens) for c in azure] == [
        (int(row["ContextTokens"]), int(row["GeneratedTokens"])) for row in rows
    ]
    span = datetime.fromisoformat(rows[-1]["TIMESTAMP"][:26]) - datetime.fromisoformat(rows[0]["TIMESTAMP"][:26])
    assert azure[-1].offset_s == pytest.approx(span.total_seconds())
    assert sum(c.input_tokens for c in mooncake) == sum(line["input_length"] for line in lines)
    assert sum(c.output_tokens for c in mooncake) == sum(line["output_length"] for line in lines)
