"""A file that is no good ends in a sentence, whatever it makes of itself, and takes little memory."""

import gzip
import subprocess
import sys

import pytest

from spanledger_cli.output.table import amount
from spanledger_collector.otlp_file import OtlpFileError, check
from spanledger_collector.spool.record import encoded_length
from spanledger_enrich.files.import_file import ImportFileError, csv_text_of, text_of
from spanledger_sql.store import Store


def test_a_length_beyond_all_files_ends_in_a_sentence(tmp_path):
    path = tmp_path / "long.pb"
    for tag in (b"", b"\x0a"):
        path.write_bytes(tag + encoded_length(2**62) + b"x")
        with pytest.raises(OtlpFileError, match=r"record 1|cut off"):
            check(Store("server", "http://localhost"), path)
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(OtlpFileError, match="record 1"):
        check(Store("server", "http://localhost"), path)


def test_a_line_that_unpacks_without_end_takes_bounded_memory(tmp_path):
    path = tmp_path / "bomb.jsonl.gz"
    block = gzip.compress(b" " * 2**24)
    path.write_bytes(block * 64)
    code = (
        "import pathlib, resource, sys\n"
        "from spanledger_collector.otlp_file import OtlpFileError, check\n"
        "from spanledger_sql.store import Store\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    check(Store('server', 'http://localhost'), pathlib.Path(sys.argv[1]))\n"
        "except OtlpFileError as error:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=True)
    kilobytes, _, sentence = done.stdout.partition(" ")
    assert "a line of more than" in sentence
    assert int(kilobytes) < 600_000


def test_brackets_without_end_in_yaml_end_in_a_sentence(tmp_path):
    path = tmp_path / "deep.yaml"
    path.write_text("lines: " + "[" * 3000)
    with pytest.raises(ImportFileError, match="within each other"):
        text_of(path)


def test_a_field_without_end_in_csv_ends_in_a_sentence(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(f"tenant,name\nacme,{'x' * 200_000}\n")
    with pytest.raises(ImportFileError, match="field larger than"):
        csv_text_of(path)


def test_a_name_gives_no_orders_to_the_terminal():
    assert amount("\x1b[2Jacme\x9b") == "�[2Jacme�"
