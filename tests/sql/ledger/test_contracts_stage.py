"""Stage 4: which contract's price a batch's calls can have."""

from datetime import UTC, datetime

RESOLVED = {"provider": "openai", "request_model": "gpt-4o", "seller": "openai", "price_model": "gpt-4o"}
PRICE = {"provider": "openai", "model": "gpt-4o", "token_priced": 1}


def day(number):
    return datetime(2024, 10, number, tzinfo=UTC)


def test_a_tenants_book_goes_before_everybodys_until_it_ends(stage):
    stage.batch({})
    stage.given("model_resolution", RESOLVED)
    stage.given(
        "price_book",
        {"book": "all", "version": "all@1", "precedence": 4, "tenant_id": ""},
        {"book": "acme", "version": "acme@1", "precedence": 1, "tenant_id": "acme"},
    )
    stage.given(
        "price_list",
        {**PRICE, "price_id": "all", "book": "all@1", "valid_from": day(1), "applies": 1},
        {**PRICE, "price_id": "acme", "book": "acme@1", "valid_from": day(3), "applies": 1},
        {**PRICE, "price_id": "ended", "book": "acme@1", "valid_from": day(5), "applies": 0},
    )
    everybody, acme = sorted(
        (
            [price for key, _, price in rows]
            for rows in _by_key(stage.run("4_contracts", "contract_key, valid_from, price_id"))
        ),
        key=len,
    )
    assert everybody == ["all"]
    assert acme == ["all", "acme", "all"]


def _by_key(rows):
    return [[row for row in rows if row[0] == key] for key in {row[0] for row in rows}]


def test_an_accounts_book_goes_before_an_environments(stage):
    stage.batch({"contract_account": "a1", "contract_environment": "live"})
    stage.given("model_resolution", RESOLVED)
    stage.given(
        "price_book",
        {"book": "live", "version": "live@1", "precedence": 3, "environment": "live"},
        {"book": "a1", "version": "a1@1", "precedence": 2, "provider_account": "a1"},
    )
    stage.given(
        "price_list",
        {**PRICE, "price_id": "live", "book": "live@1", "valid_from": day(1), "applies": 1},
        {
            **PRICE,
            "price_id": "a1",
            "book": "a1@1",
            "valid_from": day(1),
            "applies": 1,
            "text_priced": ["output_image"],
        },
    )
    assert stage.run("4_contracts", "price_id, text_priced") == [("a1", "output_image")]
