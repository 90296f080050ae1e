"""What was done to the file of a statement is named, whatever it was; and what a proved file is, too."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from harness import data_folder
from harness.books import Books

from spanledger_enrich.books.closing import close
from spanledger_enrich.books.closing.statements import issued
from spanledger_settings.configuration import load

ANN, BOB = close.Person("ann", "ann"), close.Person("bob", "bob")
CALL = {
    "cost_center": "", "price_status": "priced", "list_cost": Decimal(2), "contracted_cost": Decimal(2), "co2e_g": 1.5
}  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    configuration = load(data_dir=tmp_path_factory.mktemp("stated") / "data")
    with data_folder.opened(configuration) as opened:
        of = (("acme", "chat"), ("acme", "search"), ("globex", "chat"))
        Books(opened, configuration).fill(
            *(
                {**CALL, "tenant_id": tenant, "feature": feature, "trace_id": f"{number:032x}"}
                for number, (tenant, feature) in enumerate(of, 1)
            )
        )
        close.soft(opened, "2024-10", ANN, grace_days=0)
        close.hard(opened, "2024-10", BOB)
        yield opened


def without_first_line(found: bytes) -> bytes:
    said = json.loads(found)
    del said["statement"]["lines"][0]
    return json.dumps(said).encode()


def with_numbers_for_lines(found: bytes) -> bytes:
    said = json.loads(found)
    said["statement"]["lines"] = [1, 2]
    return json.dumps(said).encode()


def rows_of(found: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.decode())))


def as_csv(rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def exchanged(found: bytes) -> bytes:
    head, one, other = rows_of(found)
    return as_csv([head, other, one])


def cut_short(found: bytes) -> bytes:
    return as_csv(rows_of(found)[:2])


def repeated(found: bytes) -> bytes:
    head, *rows = rows_of(found)
    return as_csv([head, *rows, rows[0]])


def replaced(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(found: bytes) -> bytes:
        assert old.encode() in found
        return found.replace(old.encode(), new.encode())

    return change


ENCODED = "its characters are encoded, or its lines end, otherwise"
CHANGED: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "the total": ("json", replaced('"cost":"4.000000000000"', '"cost":"9.000000000000"'), "total.cost is 9.0000"),
    "the name": ("json", replaced('"acme"', '"evil"'), "tenant is evil, the books say acme"),
    "a line gone": ("json", without_first_line, "line 1 of the books is not in it"),
    "no lines": ("json", with_numbers_for_lines, "what it says cannot be read"),
    "wide characters": ("json", lambda found: found.decode().encode("utf-16"), ENCODED),
    "spaces": ("json", lambda found: json.dumps(json.loads(found)).encode(), "line 1 of its text has"),
    "order": ("csv", exchanged, "its lines are in another order"),
    "a row gone": ("csv", cut_short, "line 2 of the books is not in it"),
    "a row twice": ("csv", repeated, "it has a line twice"),
    "the currency": ("csv", replaced("USD,USD", "USD,EUR"), "line 1: billing_currency is EUR, the books say USD"),
    "a cell too long": ("csv", lambda found: found + b'"' + b"x" * 200_000, "what it says cannot be read"),
    "line ends": ("csv", lambda found: found.replace(b"\n", b"\r\n"), ENCODED),
    "a mark before": ("html", lambda found: b"\xef\xbb\xbf" + found, ENCODED),
    "what is shown": ("html", replaced("4.00", "3.00"), "3.00"),
    "what is inside": ("html", replaced('"cost":"2.000000000000"', '"cost":"1.000000000000"'), "line 1: cost is 1.0"),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_was_changed_is_named(store, tmp_path, what):
    form, change, told = CHANGED[what]
    file = tmp_path / f"acme.{form}"
    file.write_bytes(change(issued.issued(store, "2024-10", "acme").as_bytes(form)))
    first, *more = issued.prove(store, file).faults
    assert "is not, byte for byte, the statement 2024-10/" in first
    assert any(told in fault for fault in more), more


def test_of_many_differences_some_are_told(store, tmp_path):
    file = tmp_path / "acme.json"
    file.write_bytes(
        issued.issued(store, "2024-10", "acme").as_bytes("json").replace(b".000000000000", b".000000000001")
    )
    assert len(issued.prove(store, file).faults) == 22
    assert issued.prove(store, file).faults[-1].endswith(" more differences")


def test_a_proved_file_is_named_by_what_is_in_it(store, tmp_path):
    file = tmp_path / "acme.html"
    file.write_bytes(issued.issued(store, "2024-10", "globex").as_bytes("html"))
    assert issued.prove(store, file).faults == ()
    assert issued.prove(store, file).title == "2024-10 of globex, revision 1"
    close.ask_to_reopen(store, "2024-10", ANN, "a late contract")
    close.reopen(store, "2024-10", BOB)
    close.soft(store, "2024-10", ANN, grace_days=0)
    close.hard(store, "2024-10", BOB)
    assert issued.prove(store, file).faults == ()
    assert issued.prove(store, file).title == "2024-10 of globex, revision 1; revision 2 replaced it"
