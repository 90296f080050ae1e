"""What the commands say of calls of whose cost only a part is known."""

import csv
import io

import pytest

MONTH = ("--month", "2024-10")


@pytest.fixture(scope="module", autouse=True)
def calls(books):
    plain = {"input_tokens": 1000, "output_tokens": 100, "reported_cost": 0.0035, "service_tier": ""}
    books.book_alone(
        plain, plain | {"service_tier": "scale-9"}, plain | {"tenant_id": "globex", "reported_cost": 0.007}
    )


def test_a_bill_counts_them_and_names_the_parts(spanledger):
    text = spanledger("chargeback", *MONTH, "--by", "tenant", "--format", "csv")
    rows = {row["tenant"]: row for row in csv.DictReader(io.StringIO(text))}
    assert (rows["acme"]["partly_priced_calls"], rows["acme"]["partly_priced_share"]) == ("1", "0.5")
    assert rows["acme"]["unpriced_parts"] == "service tier scale-9"
    assert (rows["globex"]["partly_priced_calls"], rows["globex"]["unpriced_parts"]) == ("0", "")
    printed = spanledger("chargeback", *MONTH, "--by", "tenant", "--format", "table")
    assert "service tier scale-9" in printed
    total = next(line for line in printed.splitlines() if line.strip().startswith("total"))
    assert "scale" not in total


def test_quality_lists_the_parts(spanledger):
    [row] = csv.DictReader(io.StringIO(spanledger("quality", *MONTH, "--about", "parts", "--format", "csv")))
    assert (row["part"], row["calls"]) == ("service tier scale-9", "1")


def test_quality_holds_told_costs_against_the_list(spanledger):
    [row] = csv.DictReader(io.StringIO(spanledger("quality", *MONTH, "--about", "costs", "--format", "csv")))
    assert (row["calls"], row["differing_calls"], float(row["difference"])) == ("3", "1", 0.0035)


def test_quality_points_at_both(spanledger, books):
    from harness.command import in_process

    told = in_process("quality", *MONTH, data_dir=books.configuration.data_dir).stderr
    assert "1 time, a part of a call has no price: see 'spanledger quality --about parts'" in told
    assert "1 call cost by more than 1% other than was told: see 'spanledger quality --about costs'" in told
