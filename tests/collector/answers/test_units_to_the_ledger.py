"""What rerankers, speech and transcription charge for, from the answer in the app to the priced row of the ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from harness import data_folder
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from otlp_receiver import otlp_receiver

import spanledger
from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.prices.price_book import import_book
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

BOOK = """
lines:
  - {kind: price, provider: cohere, model: rerank-v3.5, unit: search, unit_price: 0.002}
  - {kind: price, provider: aws, model: "cohere.rerank-v3-5:0", unit: search, unit_price: 0.001}
  - {kind: price, provider: voyageai, model: rerank-2.5, input: 0.05}
  - {kind: price, provider: jina, model: jina-reranker-v2, input: 0.02}
  - {kind: price, provider: elevenlabs, model: eleven_multilingual_v2, unit: character, unit_price: 0.0003}
  - {kind: price, provider: openai, model: dall-e-3, unit: image, unit_price: 0.04}
  - {kind: price, provider: google, model: imagen-4.0-generate-001, unit: image, unit_price: 0.05}
"""
SEARCHED = {"id": "r", "results": [{"index": 0, "relevance_score": 0.9}], "meta": {"billed_units": {"search_units": 3}}}
BY_TOKENS = {
    "text": "SECRET",
    "usage": {
        "type": "tokens", "input_tokens": 14, "input_token_details": {"text_tokens": 2, "audio_tokens": 12},
        "output_tokens": 45, "total_tokens": 59,
    },
}  # fmt: skip
CASES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "cohere": (
        {"provider": "cohere", "operation": "rerank", "model": "rerank-v3.5"}, SEARCHED,
        {"contracted_cost": Decimal("0.006"), "price_status": "priced", "vendor_unit": "search"},
    ),
    "cohere, told by the answer": (
        {"model": "rerank-v3.5"}, SEARCHED, {"provider": "cohere", "contracted_cost": Decimal("0.006")},
    ),
    "cohere, as gateways name it": (
        {"provider": "cohere", "operation": "rerank", "model": "cohere/rerank-v3.5"}, SEARCHED,
        {"contracted_cost": Decimal("0.006")},
    ),
    "cohere, without a price": (
        {"provider": "cohere", "operation": "rerank", "model": "rerank-v9"}, SEARCHED,
        {"contracted_cost": None, "price_status": "unpriced", "vendor_quantity": Decimal(3)},
    ),
    "bedrock tells no units": (
        {"provider": "aws.bedrock", "operation": "rerank", "model": "cohere.rerank-v3-5:0"},
        {"results": [{"index": 0, "relevanceScore": 0.9}]},
        {"contracted_cost": None, "usage_source": "missing"},
    ),
    "voyage": (
        {"provider": "voyageai", "operation": "rerank"},
        {"object": "list", "data": [{"relevance_score": 0.4, "index": 0}], "model": "rerank-2.5",
         "usage": {"total_tokens": 2_000_000}},
        {"input_tokens": 2_000_000, "contracted_cost": Decimal("0.1"), "price_status": "priced"},
    ),
    "jina": (
        {"provider": "jina", "operation": "rerank"},
        {"model": "jina-reranker-v2", "object": "list", "results": [], "usage": {"total_tokens": 1_000_000}},
        {"input_tokens": 1_000_000, "contracted_cost": Decimal("0.02"), "price_status": "priced"},
    ),
    "whisper by the second": (
        {"provider": "openai", "operation": "transcription", "model": "whisper-1"},
        {"task": "transcribe", "language": "english", "duration": 8.5, "text": "SECRET"},
        {"list_cost": Decimal("0.00085"), "vendor_unit": "audio_second", "price_status": "priced"},
    ),
    "whisper's usage in seconds": (
        {"provider": "openai", "operation": "transcription", "model": "whisper-1"},
        {"text": "SECRET", "usage": {"type": "duration", "seconds": 9}},
        {"list_cost": Decimal("0.0009"), "price_status": "priced"},
    ),
    "transcription by tokens": (
        {"provider": "openai", "operation": "transcription", "model": "gpt-4o-transcribe"}, BY_TOKENS,
        {"list_cost": Decimal("0.000527"), "input_audio_tokens": 12, "price_status": "priced"},
    ),
    "audio that the catalogue prices as text": (
        {"provider": "openai", "operation": "chat", "model": "gpt-4o-audio-preview"},
        {"id": "a", "object": "chat.completion", "model": "gpt-4o-audio-preview", "choices": [],
         "usage": {"prompt_tokens": 20, "completion_tokens": 100, "total_tokens": 120,
                   "prompt_tokens_details": {"audio_tokens": 15},
                   "completion_tokens_details": {"audio_tokens": 90, "text_tokens": 10}}},
        {"price_status": "partial", "list_cost": Decimal("0.00105"), "unpriced_parts":
         "15 input audio tokens at the price of text, 90 output audio tokens at the price of text"},
    ),
    "jina, as gateways name it": (
        {"provider": "litellm", "operation": "rerank", "model": "jina/jina-reranker-v2"},
        {"object": "list", "results": [], "usage": {"total_tokens": 1_000_000}},
        {"contracted_cost": Decimal("0.02")},
    ),
    "images by contract": (
        {"provider": "openai", "operation": "image_generation", "model": "dall-e-3"},
        {"created": 1, "data": [{"url": "https://SECRET"}, {"url": "https://SECRET"}]},
        {"contracted_cost": Decimal("0.08"), "price_status": "priced", "vendor_unit": "image"},
    ),
    "images by contract, told by the answer": (
        {"model": "dall-e-3"}, {"created": 1, "data": [{"b64_json": "SECRET", "revised_prompt": "SECRET"}]},
        {"provider": "openai", "contracted_cost": Decimal("0.04"), "vendor_quantity": Decimal(1)},
    ),
    "images by contract, of imagen": (
        {"provider": "gcp.gemini", "operation": "image_generation", "model": "imagen-4.0-generate-001"},
        {"generated_images": [{"image": {"image_bytes": "SECRET"}}, {"rai_filtered_reason": "SECRET"}]},
        {"contracted_cost": Decimal("0.05"), "price_status": "priced", "vendor_unit": "image"},
    ),
    "images without a contract": (
        {"provider": "openai", "operation": "image_generation", "model": "dall-e-2"},
        {"created": 1, "data": [{"url": "https://SECRET"}]},
        {"contracted_cost": None, "price_status": "unpriced", "vendor_quantity": Decimal(1)},
    ),
    "speech tells nothing": (
        {"provider": "elevenlabs", "operation": "speech", "model": "eleven_multilingual_v2"}, b"SECRET",
        {"list_cost": None, "usage_source": "missing"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The row of each case."""
    with otlp_receiver() as receiver:
        for case, (keywords, answer, _) in CASES.items():
            provider = TracerProvider(resource=Resource({"service.name": case}), shutdown_on_exit=False)
            spanledger.configure(endpoint=receiver.endpoint, tracer_provider=provider, max_spool_bytes=0)
            spanledger.llm_call(**keywords)(lambda answer=answer: answer)()
            assert spanledger.flush()
        spanledger.record_vendor_usage(
            vendor="elevenlabs", service="eleven_multilingual_v2", unit="character", quantity=1000, feature="recorded"
        )
        assert spanledger.flush()
        spanledger.shutdown()
        requests = [request.SerializeToString() for request in receiver.requests]
    assert b"SECRET" not in b"".join(requests)
    book: Path = tmp_path_factory.mktemp("book") / "vendors.yaml"
    book.write_text(BOOK)
    configuration = load(data_dir=tmp_path_factory.mktemp("units") / "data")
    with data_folder.opened(configuration, "loaded") as store:
        import_book(store, book)
        store.insert_otlp(b"".join(map(length_prefixed, requests)), "units")
        Worker(store, configuration).catch_up()
        rows = store.rows("SELECT * FROM calls")
    return {row["feature"] or row["service_name"]: row for row in rows}


@pytest.mark.parametrize("case", CASES)
def test_what_an_answer_charges_for_is_priced(case: str, booked: dict[str, dict[str, Any]]) -> None:
    expected = CASES[case][2]
    assert {name: booked[case][name] for name in expected} == expected


def test_speech_is_priced_by_the_characters_that_an_app_tells(booked: dict[str, dict[str, Any]]) -> None:
    assert booked["recorded"]["contracted_cost"] == Decimal("0.3")
