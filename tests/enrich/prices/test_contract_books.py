"""What a customer's own contract makes of a call's cost, and which contract applies to whose call."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from spanledger_enrich.files.import_file import ImportFileError
from spanledger_enrich.prices import price_book

MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)
CALL = {"provider": "openai", "request_model": "gpt-4o", "ts": MARCH, "input_tokens": 1_000_000}
COLUMNS = "kind,provider,model,valid_from,valid_to,discount_percent,input,output"
SCOPED = {"provider_account": "", "environment": "", "service_tier": "", "tenant_id": "acme", "cloud_region": ""}


@pytest.fixture
def importing(books, tmp_path):
    """Imports a book from text, and removes it at the end."""
    names = []

    def bring(text, name="acme.csv", **scope):
        path = tmp_path / name
        path.write_text(text)
        done = price_book.import_book(books.store, path, **scope)
        names.append(done.book)
        return done

    yield bring
    for name in set(names):
        price_book.remove_book(books.store, name)


def costs(books, *changes):
    calls = books.book(*(CALL | SCOPED | change for change in changes))
    return [(call["list_cost"], call["contracted_cost"]) for call in calls]


def test_a_discount_is_taken_off_the_list_price_of_every_model_of_the_provider(books, importing):
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n")
    [gpt, claude, before] = costs(
        books,
        {},
        {"provider": "anthropic", "request_model": "claude-sonnet-4-20250514"},
        {"ts": datetime(2025, 12, 31, 23, 59, tzinfo=UTC)},
    )
    assert gpt == (Decimal("2.5"), Decimal(2))
    assert claude == (Decimal(3), Decimal(3))
    assert before == (Decimal("2.5"), Decimal("2.5"))


def test_a_models_line_wins_over_its_providers_and_ends_on_its_day(books, importing):
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,10,,\nprice,openai,gpt-4o,2026-03-01,2026-04-01,,1.50,6\n")
    found = costs(
        books,
        {"ts": datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)},
        {"ts": datetime(2026, 3, 1, tzinfo=UTC)},
        {"ts": datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)},
        {"ts": datetime(2026, 4, 1, tzinfo=UTC)},
    )
    assert [contracted for _, contracted in found] == [Decimal(cost) for cost in ("2.25", "1.5", "1.5", "2.25")]


def test_the_book_that_applied_is_named(books, importing):
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n", name="acme.csv")
    [call] = books.book(CALL | SCOPED)
    assert call["contract_price_id"].startswith("acme@")
    [row] = books.store.rows(
        "SELECT source FROM price_list FINAL WHERE price_id = {id:String}", id=call["contract_price_id"]
    )
    assert row["source"] == "acme.csv, 20 % off list/openai/gpt-4o@1970-01-01"


def test_a_tenants_book_comes_before_an_accounts_an_environments_and_everybodys(books, importing):
    importing(f"{COLUMNS}\ndiscount,,,2026-01-01,,10,,\n", name="all.csv")
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n", name="live.csv", environment="live")
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,30,,\n", name="sub.csv", account="sub-1")
    importing(f"{COLUMNS}\nprice,openai,gpt-4o,2026-01-01,2026-03-01,,1,1\n", name="t.csv", tenant="acme")
    live, sub = {"environment": "live"}, {"provider_account": "sub-1"}
    february = {"ts": datetime(2026, 2, 1, tzinfo=UTC)}
    found = costs(
        books,
        february | live | sub,
        live | sub,
        live,
        {},
        live | {"provider": "anthropic", "request_model": "claude-sonnet-4-20250514"},
    )
    assert [contracted for _, contracted in found] == [Decimal(cost) for cost in ("1", "1.75", "2", "2.25", "2.7")]


def test_a_clouds_contract_is_for_what_is_bought_from_the_cloud(books, importing):
    importing(f"{COLUMNS}\ndiscount,azure,,2026-01-01,,50,,\n")
    found = costs(books, {"provider": "azure.ai.openai"}, {"provider": "openai"})
    assert [contracted for _, contracted in found] == [Decimal("1.25"), Decimal("2.5")]


def test_a_contract_prices_what_the_list_does_not_know(books, importing):
    importing(f"{COLUMNS}\nprice,vllm,our-own-7b,2026-01-01,,,0.20,0.40\n")
    [call] = books.book(CALL | SCOPED | {"provider": "vllm", "request_model": "our-own-7b"})
    assert (call["price_status"], call["list_cost"], call["contracted_cost"]) == ("priced", None, Decimal("0.2"))


def test_prices_in_another_currency_follow_the_rate_of_the_day(books, importing):
    importing(
        """
book: euro
currency: EUR
rates:
  - {currency: EUR, valid_from: 2026-01-01, usd: 1.10}
  - {currency: EUR, valid_from: 2026-03-01, usd: 1.20}
lines:
  - {kind: price, provider: openai, model: gpt-4o, valid_from: 2026-01-01, input: 2.00, output: 8.00}
""",
        name="euro.yaml",
    )
    found = costs(books, {"ts": datetime(2026, 2, 1, tzinfo=UTC)}, {})
    assert [contracted for _, contracted in found] == [Decimal("2.2"), Decimal("2.4")]


def test_the_tier_that_is_committed_to_decides(books, importing):
    importing(
        """
lines:
  - {kind: discount, provider: openai, committed_tier: silver, discount_percent: 10}
  - {kind: discount, provider: openai, committed_tier: gold, discount_percent: 20}
  - {kind: commitment, provider: openai, committed_tier: silver, valid_from: 2026-01-01, valid_to: 2026-03-01}
  - {kind: commitment, provider: openai, committed_tier: gold, valid_from: 2026-03-01}
""",
        name="tiers.yaml",
    )
    days = [datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), MARCH]
    found = costs(books, *({"ts": day} for day in days))
    assert [contracted for _, contracted in found] == [Decimal("2.5"), Decimal("2.25"), Decimal(2)]


def test_context_tiers_service_tiers_and_regions_of_a_contract(books, importing):
    importing(
        "kind,provider,model,service_tier,region,above_tokens,valid_from,discount_percent,input,output\n"
        "price,openai,gpt-4o,,,0,2026-01-01,,1,2\n"
        "price,openai,gpt-4o,,,500000,2026-01-01,,3,4\n"
        "price,openai,gpt-4o,batch,,0,2026-01-01,,0.5,1\n"
        "price,openai,gpt-4o,,eu-west-1,0,2026-01-01,,1.1,2.2\n"
    )
    found = costs(
        books,
        {},
        {"input_tokens": 500_000},
        {"service_tier": "batch"},
        {"cloud_region": "eu-west-1"},
        {"cloud_region": "eu-west-2", "input_tokens": 100_000},
    )
    assert [contracted for _, contracted in found] == [Decimal(cost) for cost in ("3", "0.5", "0.5", "1.1", "0.1")]


def test_a_vendors_units_are_priced_from_the_book(books, importing):
    importing(
        "kind,provider,model,valid_from,unit,unit_price,input\n"
        "price,cohere,rerank-v3.5,2026-01-01,search,0.002,\n"
        "price,deepgram,nova-3,2026-01-01,audio_second,0.0000716,\n"
        "price,pinecone,serverless,2026-01-01,read_unit,0.000016,\n"
        "price,pinecone,serverless,2026-01-01,write_unit,0.000004,\n"
        "price,openai,gpt-4o,2026-01-01,,,2\n"
        "price,openai,gpt-4o,2026-01-01,code_interpreter_call,0.03,\n"
    )

    def use(vendor, service, unit, quantity):
        span = CALL | SCOPED | {"operation": "vendor_usage", "provider": vendor, "request_model": service}
        return span | {
            "input_tokens": 0, "vendor_unit": unit, "vendor_quantity": Decimal(quantity), "other_units": "",
        }  # fmt: skip

    rerank, speech, reads, writes, other, beside = books.book(
        use("cohere", "rerank-v3.5", "search", 3),
        use("deepgram", "nova-3", "audio_second", "12.5"),
        use("pinecone", "serverless", "read_unit", 1000),
        use("pinecone", "serverless", "write_unit", 1000),
        use("pinecone", "serverless", "storage", 1),
        use("openai", "gpt-4o", "", 0)
        | {"operation": "chat", "input_tokens": 1000, "other_units": "2 code_interpreter_call, 3 x search"},
    )
    assert [call["contracted_cost"] for call in (rerank, speech, reads, writes)] == [
        Decimal(cost) for cost in ("0.006", "0.000895", "0.016", "0.004")
    ]
    assert (other["price_status"], other["contracted_cost"]) == ("unpriced", None)
    # What is charged for beside a model's tokens has the same units.
    assert (beside["contracted_cost"], beside["unpriced_parts"]) == (Decimal("0.062"), "3 x search")


def test_the_lists_units_are_priced_too(books):
    span = CALL | {"operation": "vendor_usage", "input_tokens": 0, "vendor_quantity": Decimal(4)}
    short, page = books.book(
        span | {"provider": "groq", "request_model": "whisper-large-v3", "vendor_unit": "audio_second"},
        span | {"provider": "mistral_ai", "request_model": "mistral-ocr-latest", "vendor_unit": "page"},
    )
    # Groq bills at least ten seconds of 0.111 USD an hour.
    assert short["list_cost"] == (Decimal("0.111") / 360).quantize(Decimal("1e-12"))
    assert page["list_cost"] > 0


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("kind,provider,modle\nprice,openai,gpt-4o\n", "row 2: modle", "did you mean 'model'"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,0\n", "row 2: input", "a price of 0"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,-1\n", "row 2: input", "negative"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,1000.01\n", "row 2: input", "cannot be meant"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,0.0000025\n", "row 2: input", "cannot be meant"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,1e30\n", "row 2: input", "too many digits"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,1.0000000000001\n", "row 2: input", "too many digits"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,NaN\n", "row 2: input", "no number"),
        ("kind,provider,model,input\nprice,openai,gpt-4o,2 USD\n", "row 2: input", "no number"),
        ("kind,provider,model,input,currency\nprice,openai,gpt-4o,2,EURO\n", "row 2: currency", "no currency"),
        ("kind,provider,model,input,currency\nprice,openai,gpt-4o,2,CHF\n", "row 2: currency", "no exchange rate"),
        ("kind,provider,discount_percent\ndiscount,openai,100\n", "row 2: discount_percent", "cannot be meant"),
        ("kind,provider,discount_percent\ndiscount,opneai,10\n", "row 2: provider", "nothing to discount"),
        ("kind,provider,model,discount_percent\ndiscount,openai,gtp-4o,10\n", "row 2: model", "nearest: openai/gpt-4o"),
        (
            "kind,provider,committed_tier,discount_percent\ndiscount,openai,gold,10\n",
            "row 2: committed_tier",
            "no line commits to it",
        ),
        ("kind,provider\nsale,openai\n", "row 2: kind", "expected price, discount, commitment"),
        ("kind,provider,model\nprice,openai,gpt-4o\n", "row 2: input", "no price"),
        ("kind,provider,valid_from\ndiscount,openai,1.1.2026\n", "row 2: valid_from", "no day"),
        ("kind,provider,valid_from\ndiscount,openai,3026-01-01\n", "row 2: valid_from", "2000 to 2199"),
        ("kind,provider,discount_percent\ndiscount,openai\n", "row 2: row", "as many fields"),
        (
            f"{COLUMNS}\ndiscount,openai,,2026-03-01,2026-01-01,1,,\n",
            "row 2: valid_to",
            "not after",
        ),
        (
            f"{COLUMNS}\ndiscount,openai,,2026-01-01,2026-03-01,1,,\ndiscount,openai,,2026-02-01,,2,,\n",
            "row 3: valid_from",
            "overlaps with row 2",
        ),
        (
            f"{COLUMNS}\nprice,openai,gpt-4o,2026-01-01,,,1,1\nprice,openai,gpt-4o,2026-01-01,,,2,2\n",
            "row 3: valid_from",
            "overlaps with row 2",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_file_row_and_field_and_nothing_is_loaded(
    books, tmp_path, text, place, what
):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    count = (
        "SELECT (SELECT count() FROM price_list), (SELECT count() FROM price_book), (SELECT count() FROM exchange_rate)"
    )
    before = books.store.rows(count)
    with pytest.raises(ImportFileError) as refused:
        price_book.import_book(books.store, path)
    assert str(refused.value).startswith(f"bad.csv: {place}: ")
    assert what in str(refused.value)
    assert books.store.rows(count) == before


def test_a_second_book_for_the_same_calls_is_refused(books, importing, tmp_path):
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n", tenant="acme")
    other = tmp_path / "other.csv"
    other.write_text(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,30,,\n")
    with pytest.raises(ImportFileError, match="'acme' applies to acme already"):
        price_book.import_book(books.store, other, tenant="acme")


def test_the_same_file_again_changes_nothing_and_a_changed_one_replaces_it(books, importing):
    text = f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n"
    assert importing(text).changed
    assert not importing(text).changed
    assert importing(text.replace(",20,", ",30,")).changed
    assert costs(books, {}) == [(Decimal("2.5"), Decimal("1.75"))]


def test_removing_a_book_brings_the_list_price_back(books, importing):
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n", name="gone.csv")
    price_book.remove_book(books.store, "gone")
    assert costs(books, {}) == [(Decimal("2.5"), Decimal("2.5"))]
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,20,,\n", name="gone.csv")


def test_a_discount_is_exact_to_the_last_digit_of_every_class(books, importing):
    importing(f"{COLUMNS}\ndiscount,openai,,2026-01-01,,17.5,,\n")
    usage = {"input_tokens": 12_345, "cache_read_tokens": 6_789, "output_tokens": 1_011}
    [(listed, contracted)] = costs(books, usage)
    parts = [5_556 * Decimal("2.5"), 6_789 * Decimal("1.25"), 1_011 * Decimal(10)]
    assert listed == sum(parts) / 1_000_000
    assert contracted == sum((part / 1_000_000 * Decimal("0.825")).quantize(Decimal("1e-12")) for part in parts)


def test_many_days_of_rates_make_as_many_prices(books, importing):
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(90)]
    rates = "\n".join(
        f"  - {{currency: GBP, valid_from: {day:%Y-%m-%d}, usd: {1 + n / 1000}}}" for n, day in enumerate(days)
    )
    line = "{kind: price, provider: openai, model: gpt-4o, valid_from: 2026-01-01, currency: GBP, input: 1, output: 1}"
    importing(f"rates:\n{rates}\nlines:\n  - {line}\n", name="gbp.yaml")
    found = costs(books, *({"ts": day} for day in days))
    assert [contracted for _, contracted in found] == [1 + Decimal(n) / 1000 for n in range(90)]
