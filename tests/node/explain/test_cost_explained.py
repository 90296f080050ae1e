"""What `explain` sets out, a quantity times a price, comes to the ledger's figures, to the last digit."""

import random
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from harness.price_cases import catalogue, random_case, resolutions

from spanledger_cli.explain.explanation import explanation
from spanledger_cli.output.terminal import console
from spanledger_enrich.prices import price_book
from spanledger_sql.explanation import inputs, with_arithmetic
from spanledger_sql.store import statement

BOOK = """
currency: EUR
rates:
  - {currency: EUR, valid_from: 2023-01-01, usd: 1.0837}
  - {currency: EUR, valid_from: 2025-06-01, usd: 1.1423}
lines:
  - {kind: discount, discount_percent: 12.5}
  - {kind: discount, provider: anthropic, discount_percent: 17.3, valid_from: 2024-01-01}
  - {kind: price, provider: openai, model: gpt-4o, valid_from: 2024-06-01, input: 2.01, output: 7.77, cache_read: 1.003}
"""


COLUMNS = ("input_cost", "cache_read_cost", "cache_write_cost", "output_cost", "other_cost")


def _by_column(entry):
    """The products' sums, by hand: quantity times price, at least the minimum, rounded half up to 1e-12."""
    with localcontext() as context:
        context.prec = 60
        return {
            column: sum(
                (
                    max(product["quantity"] * product["price"], product["minimum"])
                    for product in entry["products"]
                    if product["column"] == column
                ),
                Decimal(0),
            ).quantize(Decimal("1e-12"), ROUND_HALF_UP)
            for column in COLUMNS
        }


@pytest.fixture(scope="module")
def explained(books, tmp_path_factory):
    """Random calls as they were booked, under a contract for half of the tenants, with what explains them."""
    path = tmp_path_factory.mktemp("book") / "contract.yaml"
    path.write_text(BOOK)
    price_book.import_book(books.store, path, tenant="acme")
    draw = random.Random(11)
    models = catalogue()
    books.store.insert("model_resolution", resolutions(models))
    favourites = [model for model in models if model[1].id in {"gpt-4o", "claude-sonnet-4-5", "deepseek-chat"}]
    cases = [random_case(draw, *draw.choice(models)) for _ in range(80)]
    cases += [random_case(draw, *draw.choice(favourites)) for _ in range(40)]
    spans = [
        case.span
        | {
            "tenant_id": draw.choice(["acme", "other"]),
            "status": draw.choice(["ok", "ok", "error"]),
            "other_units": draw.choice(["", "2 file_search_call, 1 code execution"]),
        }
        for case in cases
    ]
    calls = books.book(*spans)
    return [(call, inputs(books.store, call["trace_id"], call["span_id"])) for call in calls]


def test_both_costs_come_to_the_ledgers_last_digit(explained):
    assert len(explained) == 120
    for call, found in explained:
        for column, price in (("list_cost", "list_price"), ("contracted_cost", "contract_price")):
            entry = found[price] or found["list_price"]
            if call[column] is not None:
                assert sum(_by_column(entry).values()) == call[column]
    assert sum(found["contract_price"] is not None for _, found in explained) > 20
    assert sum(found["contract_price"] is None for _, found in explained) > 20


def test_each_class_comes_to_its_column(explained):
    for call, found in explained:
        if call["list_cost"] is not None:
            columns = {name: call[name] for name in COLUMNS}
            assert _by_column(found["list_price"]) == columns
            assert found["list_price"]["costs"] == columns


def test_energy_and_emissions_come_to_the_ledgers(explained):
    modelled = [(call, found) for call, found in explained if call["energy_wh"] is not None]
    assert modelled
    for call, found in modelled:
        assert call["co2e_g"] == call["energy_wh"] / 1000 * call["intensity_g_per_kwh"]
        assert found["modelled_wh"] == pytest.approx(call["energy_wh"], rel=1e-12)


def test_what_a_short_call_saved_is_set_out_and_a_changed_entry_is_told(books):
    span = {
        "provider": "openai",
        "request_model": "gpt-4o",
        "input_tokens": 0,
        "output_tokens": 1000,
        "duration_ms": 400,
    }
    [call] = books.book(span)
    energy = "SELECT * EXCEPT (loaded_at) FROM energy_model FINAL WHERE energy_id = {id:String}"
    [entry] = books.store.rows(energy, id=call["energy_id"])
    slow = {"wh_per_second_low": 1e-3, "wh_per_second_high": 3e-3, "seconds_per_output_token_low": 0.01,
            "seconds_per_output_token_high": 0.02, "seconds_per_request": 0.4}  # fmt: skip
    books.store.insert("energy_model", [entry | slow])
    found = inputs(books.store, call["trace_id"], call["span_id"])
    # 10 s and 20 s by the bounds of the model's speed.
    assert found["saved_wh"] == pytest.approx((1e-3 * 10 + 3e-3 * 20) / 2)
    assert found["full_wh"] - found["saved_wh"] == pytest.approx(found["modelled_wh"])
    terminal = console()
    with terminal.capture() as printed:
        terminal.print(explanation(found))
    text = " ".join(printed.get().split())
    assert "- 0.035 Wh, for it took less time than the method expects" in text
    assert f"has changed since: today it would be {found['modelled_wh']:.6g} Wh" in text
    books.store.insert("energy_model", [entry])


def test_every_explanation_prints_its_sums(explained):
    for call, found in explained[:50]:
        terminal = console()
        with terminal.capture() as printed:
            terminal.print(explanation(found))
        text = printed.get()
        if call["list_cost"] is not None:
            assert f"{call['list_cost']:f}" in text
            assert f"{call['contracted_cost']:f}" in text
        assert "but the ledger has" not in text


def test_programs_get_the_products(explained):
    call, found = next((call, found) for call, found in explained if call["list_cost"])
    products = with_arithmetic(found)["list_arithmetic"]
    assert sum(product["usd"] for product in products).quantize(Decimal("1e-11")) == call["list_cost"].quantize(
        Decimal("1e-11")
    )


def test_a_call_priced_before_the_catalogue_changed_is_explained_by_the_price_of_its_time(books):
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    span = {
        "provider": "openai",
        "request_model": "gpt-4o-mini",
        "ts": moment,
        "tenant_id": "other",
        "input_tokens": 1000,
    }
    [call] = books.book(span)
    [row] = books.store.rows(
        "SELECT * EXCEPT (loaded_at) FROM price_list FINAL WHERE price_id = {id:String}", id=call["price_id"]
    )
    books.store.execute(statement("lookups/supersede_prices"), {"price_ids": [call["price_id"]]})
    books.store.insert("price_list", [row | {"input_price": row["input_price"] * 2}])
    found = inputs(books.store, call["trace_id"], call["span_id"])
    assert sum(_by_column(found["list_price"]).values()) == call["list_cost"]


def test_a_call_that_another_span_reports_too_says_who_counts_and_that_it_is_in_no_total(books):
    same = {"trace_id": "9" * 32, "response_id": "resp_1", "input_tokens": 1000, "output_tokens": 10}
    books.ingest({**same, "span_id": "9" * 16}, {**same, "span_id": "a" * 16, "ttft_ms": 3.0})
    books.enrich()
    rows = books.store.rows(
        "SELECT span_id, counted, list_cost FROM ledger FINAL WHERE trace_id = repeat('9', 32) ORDER BY counted"
    )
    assert [row["counted"] for row in rows] == [0, 1]
    uncounted, counted = rows
    found = inputs(books.store, same["trace_id"], uncounted["span_id"])
    terminal = console()
    with terminal.capture() as printed:
        terminal.print(explanation(found))
    text = " ".join(printed.get().split())
    assert f"same call as span {counted['span_id']}: what follows is in no total" in text
    assert (
        books.store.value("SELECT sum(list_cost) FROM calls WHERE trace_id = repeat('9', 32)") == counted["list_cost"]
    )
