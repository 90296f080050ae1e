"""What `capacity` says of calls of one minute, of which some were refused."""

import csv
import io

import pytest

MONTH = ("--month", "2024-10")


@pytest.fixture(scope="module", autouse=True)
def calls(books):
    of_acme = {
        "input_tokens": 1000, "output_tokens": 100, "tenant_id": "acme", "status": "ok", "error_type": "",
    }  # fmt: skip
    of_globex = of_acme | {"tenant_id": "globex"}
    books.fill(of_acme, of_acme, of_globex, of_globex | {"status": "error", "error_type": "429"})


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_tokens_a_minute_are_held_against_a_limit(spanledger):
    [row] = rows(spanledger("capacity", *MONTH, "--by", "total", "--limit", "2000", "--format", "csv"))
    assert (row["calls"], row["rate_limited_calls"], row["minutes_over_limit"]) == ("4", "1", "1")
    assert row["peak_tokens_per_minute"] == row["tokens"]
    [acme, globex] = rows(spanledger("capacity", *MONTH, "--by", "tenant", "--format", "csv"))
    assert {acme["tenant"], globex["tenant"]} == {"acme", "globex"}
    assert acme["minutes_over_limit"] == ""


def test_shares_are_of_minutes_in_which_a_call_was_refused(spanledger):
    found = {row["tenant"]: row for row in rows(spanledger("capacity", *MONTH, "--about", "shares", "--format", "csv"))}
    assert sum(float(row["short_share"]) for row in found.values()) == pytest.approx(1)
    assert (found["globex"]["rate_limited_share"], found["acme"]["rate_limited_share"]) == ("1.0", "0.0")


def test_a_tenant_without_calls_is_refused(spanledger):
    assert "no call has that tenant" in spanledger("capacity", *MONTH, "--tenant", "nobody", fails=True)
