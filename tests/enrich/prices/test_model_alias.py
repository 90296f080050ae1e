"""What the user says about models: aliases of deployments, models that are free; and what nobody has a price for."""

import json
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from genai_prices import data_snapshot

from spanledger_enrich.ledger.resolution import resolve_again
from spanledger_enrich.prices import catalogue_names, model_alias, price_catalogue, price_list
from spanledger_enrich.prices.model_alias import AliasError, set_alias, set_free
from spanledger_enrich.prices.price_catalogue import CatalogueError
from spanledger_sql.store import statement

MILLION = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}


def test_a_deployment_is_priced_as_the_model_that_the_user_names(books):
    set_alias(books.store, "our-chat", "openai/gpt-4o", provider="azure.ai.openai")
    ours, others = books.book(
        {"provider": "azure.ai.openai", "request_model": "Our-Chat"} | MILLION,
        {"provider": "vllm", "request_model": "our-chat"} | MILLION,
    )
    assert (ours["price_status"], ours["list_cost"]) == ("priced", Decimal("12.5"))
    assert (others["price_status"], others["list_cost"]) == ("unpriced", None)


def test_a_model_is_free_only_where_the_user_said_so(books):
    [before] = books.book({"provider": "vllm", "request_model": "own-7b"} | MILLION)
    set_free(books.store, "own-7b", provider="vllm")
    assert resolve_again(books.store) == 1
    [after] = books.book({"provider": "vllm", "request_model": "own-7b"} | MILLION)
    assert (before["price_status"], before["list_cost"]) == ("unpriced", None)
    assert (after["price_status"], after["list_cost"], after["contracted_cost"]) == ("free", 0, 0)


def test_what_was_said_can_be_taken_back(books):
    set_free(books.store, "own-8b")
    model_alias.remove_alias(books.store, "own-8b")
    [call] = books.book({"provider": "vllm", "request_model": "own-8b"} | MILLION)
    assert call["price_status"] == "unpriced"
    with pytest.raises(AliasError, match="no alias 'own-8b'"):
        model_alias.remove_alias(books.store, "own-8b")


def test_an_alias_of_a_model_that_nobody_prices_is_refused_with_the_nearest(books):
    with pytest.raises(AliasError, match="openai/gpt-4o"):
        set_alias(books.store, "our-chat-2", "openai/gpt-40")


def test_missing_prices_are_listed_with_their_volume(books):
    span = {"provider": "x_ai", "request_model": "grok-33", "tenant_id": "globex"}
    books.book(span | MILLION, span | MILLION)
    rows = {row["model"]: row for row in books.store.rows(statement("reports/prices/missing"))}
    assert (rows["grok-33"]["calls"], rows["grok-33"]["input_tokens"]) == (2, 2_000_000)
    assert catalogue_names.nearest("grok-33", "x_ai")[0] == "x-ai/grok-3"


def test_the_nearest_names_are_of_the_models_version_where_there_are_such():
    for asked, provider in (
        ("meta-llama/Llama-3.1-8B-Instruct", "together"), ("Llama-3.1-8B-Instruct", ""), ("llama3.1:8b", "ollama"),
    ):  # fmt: skip
        found = catalogue_names.nearest(asked, provider)
        assert len(found) == 3
        assert all(catalogue_names.is_same_version(asked, each) for each in found[:2]), found
    assert not any(
        catalogue_names.is_same_version("claude-2.7", each) for each in catalogue_names.nearest("claude-2.7")
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Llama-3.1-8B", "together/meta-llama/Llama-3-8b-chat-hf", False),
        ("Llama-3.1-8B", "fireworks/llama-v3p1-8b-instruct", True),
        ("Llama-3.1-8B", "aws/meta.llama3-1-8b-instruct-v1:0", True),
        ("Llama-3.1-8B", "x/llama-3.1-70b", False),
        ("Llama-3-8B", "x/llama3-8b", True),
        ("gpt-4o-2024-08-06", "openai/gpt-4o", True),
        ("claude-3-5-sonnet-20240620", "anthropic/claude-3-5-sonnet", True),
        ("claude-3-5-sonnet", "anthropic/claude-3-sonnet", False),
        ("command-r", "cohere/command-r", True),
        ("command-r", "cohere/command-3", False),
        ("command-r7b", "cohere/command-r", False),
    ],
)
def test_a_version_is_the_same_however_it_is_written(one, other, same):
    assert catalogue_names.is_same_version(one, other) is same


@pytest.fixture
def catalogue_server():
    """Serves what is put into it, as genai-prices' own address does."""
    served = {"body": b"", "status": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(served["status"])
            self.end_headers()
            self.wfile.write(served["body"])

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    served["url"] = f"http://127.0.0.1:{server.server_port}/data.json"
    yield served
    server.shutdown()
    data_snapshot.set_custom_snapshot(None)


CATALOGUE = [
    {
        "id": "openai",
        "name": "OpenAI",
        "api_pattern": "https://api\\.openai\\.com",
        "models": [
            {"id": "gpt-4o", "match": {"equals": "gpt-4o"}, "prices": {"input_mtok": "2.25", "output_mtok": "9"}},
            {"id": "gpt-99", "match": {"equals": "gpt-99"}, "prices": {"input_mtok": "5", "output_mtok": "7"}},
        ],
    }
]


def test_a_fetched_catalogue_is_kept_and_prices_new_calls(books, catalogue_server):
    span = {"provider": "openai", "request_model": "gpt-99", "response_model": "", "tenant_id": "initech"} | MILLION
    [unknown] = books.book(span)
    assert unknown["list_cost"] is None
    catalogue_server["body"] = json.dumps(CATALOGUE).encode()
    source = price_catalogue.fetch(books.store, catalogue_server["url"])
    # A model of which nothing else is known costs more where its data stays in a region.
    assert price_list.load(books.store) == 3
    resolve_again(books.store)
    known, changed = books.book(span, span | {"request_model": "gpt-4o"})
    assert (known["list_cost"], changed["list_cost"]) == (Decimal(12), Decimal("11.25"))
    rows = books.store.rows("SELECT region, source FROM price_list FINAL WHERE model = 'gpt-99' ORDER BY region")
    assert [(row["region"], row["source"].startswith(source)) for row in rows] == [("", True), ("eu|us|ae", True)]
    assert books.store.value("SELECT count() FROM price_superseded WHERE model = 'gpt-4o'") > 0
    # Another process finds what was kept.
    data_snapshot.set_custom_snapshot(None)
    price_catalogue._active = price_catalogue.INSTALLED
    assert price_catalogue.activate(books.store) == source
    assert catalogue_names.resolve("openai", ["gpt-99"]).model == "gpt-99"
    price_catalogue.use_installed(books.store)
    assert price_list.load(books.store) > 0
    [back] = books.book(span | {"request_model": "gpt-4o"})
    assert back["list_cost"] == Decimal("12.5")


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [(503, b"", "503"), (200, b"<html>", "is no catalogue"), (200, b"[]", "is no catalogue")],
)
def test_what_cannot_be_fetched_leaves_the_prices_as_they_are(books, catalogue_server, status, body, what):
    catalogue_server["body"], catalogue_server["status"] = body, status
    before = books.store.value("SELECT count() FROM price_list")
    with pytest.raises(CatalogueError, match=what):
        price_catalogue.fetch(books.store, catalogue_server["url"])
    assert books.store.value("SELECT count() FROM price_list") == before
    assert price_catalogue.activate(books.store) == price_catalogue.INSTALLED


def test_a_network_that_does_not_answer_is_said(books):
    with pytest.raises(CatalogueError, match="prices stay as they are"):
        price_catalogue.fetch(books.store, "http://127.0.0.1:9/data.json")
