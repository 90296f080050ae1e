"""Contract books and commitments: what is probably not meant is asked about, and what was said is remembered."""

import json

import pytest

MONTH = ("--month", "2024-10")
CONTRACT = ("kind,provider,model,discount_percent,valid_from", "discount,openai,gpt-4o,20,2024-01-01")
PTU = "commitment,kind,amount,from,to,providers,models,policy,shares"


@pytest.fixture(scope="module", autouse=True)
def calls(books):
    used = {"input_tokens": 1_000_000, "output_tokens": 1000, "response_model": "gpt-4o-2024-08-06"}
    books.book_alone({"tenant_id": "acme", **used}, {"tenant_id": "globex", **used})


@pytest.fixture(autouse=True)
def no_books(books):
    yield
    for table in ("price_book", "book_history", "commitment", "allocation", "allocation_row"):
        books.store.execute(f"TRUNCATE TABLE {table}")


@pytest.fixture
def listed(spanledger):
    return lambda *line: json.loads(spanledger(*line, "--format", "json"))


def test_the_same_file_for_a_second_tenant_is_a_second_book(spanledger, listed, write):
    path = write(*CONTRACT, name="contract.csv")
    for tenant in ("acme", "globex", "acme"):
        spanledger("prices", "import", path, "--tenant", tenant)
    assert {row["book"]: row["tenant_id"] for row in listed("prices", "books")} == {
        "contract": "acme", "contract-globex": "globex",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "options", "told"),
    [
        (
            "discount,openai,gpt-4o,20,2024-01-01",
            ("--tenant", "acmee"),
            "no call is of the tenant 'acmee'; meant acme?",
        ),
        ("discount,openai,gpt-4o,-12,2024-01-01", (), "a discount of -12 % makes prices higher"),
    ],
)
def test_a_book_that_is_probably_not_meant_is_asked_about(spanledger, listed, write, line, options, told):
    path = write(CONTRACT[0], line, name="contract.csv")
    refused = spanledger("prices", "import", path, *options, fails=True)
    assert told in refused
    assert "--yes" in refused
    assert listed("prices", "books") == []
    spanledger("prices", "import", path, *options, "--yes")
    assert len(listed("prices", "books")) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("price,opnai,gpt-4o,2.5,2024-01-01", "has the provider 'opnai'; meant openai?"),
        ("price,openai,gtp-4o-minni,2.5,2024-01-01", "has the model 'gtp-4o-minni'; meant gpt-4o-mini"),
    ],
)
def test_a_price_of_what_nobody_knows_is_asked_about(spanledger, write, line, told):
    path = write("kind,provider,model,input,valid_from", line, name="contract.csv")
    assert told in spanledger("prices", "import", path, fails=True)


def test_a_commitment_says_what_it_covers_and_a_dated_model_is_meant_without_its_date(spanledger, write, listed):
    path = write(PTU, "ptu,reserved throughput,24,2024-10-08,2024-10-09,openai,gpt-4o,tokens,", name="ptu.csv")
    assert "ptu: covers 2 calls of its period so far, of 5.02 USD" in spanledger("commitments", "import", path)
    acme = next(row for row in listed("commitments", "report", *MONTH) if row["tenant"] == "acme")
    assert float(acme["usage_cost"]) == 0
    assert float(acme["covered_cost"]) > 2


def test_a_commitment_that_covers_no_call_is_asked_about(spanledger, write, listed):
    path = write(PTU, "ptu,reserved throughput,24,2024-10-08,2024-10-09,azure,gpt-4o,tokens,", name="ptu.csv")
    refused = spanledger("commitments", "import", path, fails=True)
    assert "ptu: covers no call at all: calls name gpt-4o-2024-08-06, openai" in refused
    over = write(PTU, "ptu,reserved throughput,24,2023-10-08,2023-10-09,openai,gpt-4o,tokens,", name="over.csv")
    refused = spanledger("commitments", "import", over, fails=True)
    assert "ptu: covers no call of its period, which is over; of other times 2 calls" in refused
    assert listed("commitments", "list") == []
    spanledger("commitments", "import", path, "--yes")
    assert len(listed("commitments", "list")) == 1


def test_both_are_removed_and_have_a_history(spanledger, write, listed):
    ptu = write(PTU, "ptu,reserved throughput,24,2024-10-08,2024-10-09,openai,gpt-4o,tokens,", name="ptu.csv")
    spanledger("commitments", "import", ptu)
    spanledger("commitments", "report", *MONTH)
    spanledger("commitments", "remove", "ptu")
    assert listed("commitments", "list") == []
    history = listed("commitments", "history")
    assert [row["done"] for row in history] == ["removed", "imported"]
    assert all('"0.000000000000"' in row["said"] and "0E-12" not in row["said"] for row in history)
    [acme, *_] = listed("commitments", "report", *MONTH)
    assert float(acme["usage_cost"]) > 2
    book = write(*CONTRACT, name="contract.csv")
    spanledger("prices", "import", book)
    spanledger("prices", "import", write(CONTRACT[0], CONTRACT[1].replace("20,", "25,"), name="contract.csv"))
    spanledger("prices", "remove", "contract")
    history = listed("prices", "history")
    assert [row["done"] for row in history] == ["removed", "changed", "imported"]
    assert json.loads(history[-1]["said"])["lines"][0]["discount_percent"] == "20"
    assert "there is no commitment 'ptu'" in spanledger("commitments", "remove", "ptu", fails=True)
