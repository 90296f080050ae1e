"""The neighbours of what public bug reports show: other providers, dialects, SDKs and gateways with the same trouble.

Each case is one span; all are booked into one ledger, told apart by their service.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from harness import data_folder
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.spool.record import length_prefixed
from spanledger_enrich.worker import Worker
from spanledger_settings.configuration import load

NOON = 1_794_312_000 * 10**9
IN, OUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
READ, WRITE = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens"
REASONING, TOTAL = "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.total_tokens"
LANGFUSE = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "gpt-4o"}


class Case(NamedTuple):
    """A span, by its scope and attributes, and what its row says."""

    scope: str
    attributes: dict[str, Any]
    expected: dict[str, Any]


def _chat(provider: str, model: str, **more: Any) -> dict[str, Any]:
    named = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": provider, "gen_ai.request.model": model}
    return named | more


def _usage(*counts: int | None) -> dict[str, Any]:
    names = (IN, OUT, READ, REASONING, TOTAL)
    return {name: count for name, count in zip(names, counts, strict=False) if count is not None}


def _vercel(provider: str, usage: dict[str, Any], metadata: Any = None, model: str = "m") -> dict[str, Any]:
    said = {
        "ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": provider, "ai.model.id": model,
        **{f"ai.usage.{name}": count for name, count in usage.items()},
    }  # fmt: skip
    return said | ({"ai.response.providerMetadata": json.dumps(metadata)} if metadata else {})


def _document(**usage: Any) -> dict[str, Any]:
    return LANGFUSE | {"langfuse.observation.usage_details": json.dumps(usage)}


def _litellm(usage: dict[str, Any], call: str = "acompletion", model: str = "gpt-4o") -> dict[str, Any]:
    return {"llm.request.type": call, "gen_ai.request.model": model, "metadata.usage_object": repr(usage)}


def _tokens(inputs: int, outputs: int, **more: Any) -> dict[str, Any]:
    return {"input_tokens": inputs, "output_tokens": outputs, **more}


LLMETRY = "opentelemetry.instrumentation."
CASES = {
    # Inside or beside: xAI, Gemini and Bedrock through whoever passes their counts on.
    "xai no total": Case("x", _chat("x_ai", "grok-4", **_usage(100, 20, None, 50)), _tokens(100, 70, reasoning_tokens=50)),
    "xai inside by total": Case("x", _chat("x_ai", "grok-4", **_usage(100, 70, None, 50, 170)), _tokens(100, 70)),
    "xai by its host": Case(
        "openlit", _chat("openai", "grok-4", **{"server.address": "api.x.ai"}, **_usage(10, 2, None, 5, 17)), _tokens(10, 7)),
    "xai openinference": Case(
        "openinference.instrumentation.openai",
        {"openinference.span.kind": "LLM", "llm.provider": "xai", "llm.model_name": "grok-4",
         "llm.token_count.prompt": 10, "llm.token_count.completion": 2,
         "llm.token_count.completion_details.reasoning": 5, "llm.token_count.total": 17}, _tokens(10, 7)),
    "xai vercel": Case("ai", _vercel("xai.chat", {"inputTokens": 10, "outputTokens": 2, "reasoningTokens": 5,
                                                  "totalTokens": 17}, model="grok-4"), _tokens(10, 7)),
    "gemini vercel 5": Case(
        "ai", _vercel("google.generative-ai", {"inputTokens": 10, "outputTokens": 2, "reasoningTokens": 5,
                                               "totalTokens": 17}, model="gemini-2.5-flash"), _tokens(10, 7)),
    "gemini vercel 6": Case(
        "ai", _vercel("google.generative-ai", {"inputTokens": 10, "outputTokens": 7, "reasoningTokens": 5,
                                               "totalTokens": 17}, model="gemini-2.5-flash"), _tokens(10, 7)),
    "gemini openllmetry vertex": Case(
        f"{LLMETRY}vertexai", _chat("gcp.vertex_ai", "gemini-2.5-pro", **_usage(10, 2, None, None, 17)), _tokens(10, 7)),
    "gemini openinference": Case(
        "openinference.instrumentation.google_genai",
        {"openinference.span.kind": "LLM", "llm.provider": "google", "llm.model_name": "gemini-2.5-pro",
         "llm.token_count.prompt": 10, "llm.token_count.completion": 7,
         "llm.token_count.completion_details.reasoning": 5}, _tokens(10, 7)),
    "gemini pydantic-ai": Case(
        "pydantic-ai", _chat("gcp.gemini", "gemini-2.5-pro", **_usage(10, 7)) |
        {"gen_ai.usage.details.thoughts_tokens": 5}, _tokens(10, 7, reasoning_tokens=5)),
    "gemini litellm": Case("litellm", _litellm(
        {"prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
         "completion_tokens_details": {"reasoning_tokens": 5}}, model="gemini-2.5-pro"), _tokens(10, 7)),
    "gemini's own document": Case("langfuse-sdk", _document(
        promptTokenCount=10, candidatesTokenCount=2, thoughtsTokenCount=5, toolUsePromptTokenCount=3, totalTokenCount=20)
        | {"langfuse.observation.model.name": "gemini-2.5-pro"}, _tokens(13, 7)),
    "gemini tools by total": Case("x", _chat("gcp.gemini", "gemini-2.5-pro", **_usage(10, 2, None, 5, 20)) |
                                  {"gen_ai.usage.tool_use_prompt_tokens": 3}, _tokens(13, 7)),
    "bedrock otel": Case("opentelemetry.instrumentation.botocore.bedrock-runtime",
                         _chat("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", **_usage(50, 4, 10)),
                         _tokens(60, 4, cache_read_tokens=10)),
    "bedrock write": Case(f"{LLMETRY}bedrock", _chat("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
                                                     **_usage(50, 4, 10, None, 54), **{WRITE: 7}),
                          _tokens(67, 4, cache_write_tokens=7)),
    "bedrock pydantic-ai": Case("pydantic-ai", _chat("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0",
                                                     **_usage(60, 4, 10)), _tokens(60, 4)),
    "bedrock vercel 5": Case(
        "ai", _vercel("amazon-bedrock", {"inputTokens": 50, "outputTokens": 4, "cachedInputTokens": 60},
                      {"bedrock": {"usage": {"cacheWriteInputTokens": 7}}},
                      "anthropic.claude-sonnet-4-5-20250929-v1:0"), _tokens(117, 4, cache_write_tokens=7)),
    "anthropic total beside": Case("x", _chat("anthropic", "claude-sonnet-4-5", **_usage(50, 4, 10, None, 64)),
                                   _tokens(60, 4, usage_note="total_tokens tells cached tokens beside")),
    "anthropic inside": Case("x", _chat("anthropic", "claude-sonnet-4-5", **_usage(60, 4, 10)), _tokens(60, 4)),
    "anthropic openlit": Case("openlit", _chat("anthropic", "claude-sonnet-4-5", **_usage(50, 4, 10)), _tokens(60, 4)),
    "more cached than all": Case("x", _chat("anthropic", "claude-sonnet-4-5", **_usage(5, 4, 10)),
                                 _tokens(15, 4, usage_note="cached tokens more than all: counted beside")),
    "claude code": Case("com.anthropic.claude_code.tracing",
                        {"model": "claude-opus-4-6", "input_tokens": 100, "output_tokens": 4, "cache_read_tokens": 10},
                        _tokens(110, 4, dialect="claude-code", provider="anthropic")),
    "openai cached": Case("x", _chat("openai", "gpt-4o", **_usage(60, 4, 10, 2, 64)), _tokens(60, 4, usage_note="")),
    "deepseek": Case("x", _chat("deepseek", "deepseek-reasoner", **_usage(60, 9, 10, 5, 69)), _tokens(60, 9)),
    "odd total": Case("x", _chat("openai", "gpt-4o", **_usage(60, 4, None, None, 99)),
                      _tokens(60, 4, usage_note="total_tokens is not the sum")),
    # Langfuse's buckets, and others' documents in them.
    "langfuse openai buckets": Case("langfuse-sdk", _document(
        input=10, input_cached_tokens=20, input_audio_tokens=3, output=4, output_reasoning_tokens=5, output_audio_tokens=2,
        total=44), _tokens(33, 11, cache_read_tokens=20, reasoning_tokens=5, input_audio_tokens=3)),
    "langfuse buckets without total": Case("langfuse-sdk", _document(input=10, input_cached_tokens=20, output=4,
                                                                    output_reasoning=5), _tokens(30, 9)),
    "langfuse buckets that hold all": Case("langfuse-sdk", _document(input=30, input_cached_tokens=20, output=4, total=34),
                                           _tokens(30, 4)),
    "langfuse openai's own": Case("langfuse-sdk", _document(
        prompt_tokens=30, completion_tokens=9, total_tokens=39, prompt_tokens_details={"cached_tokens": 20},
        completion_tokens_details={"reasoning_tokens": 5, "accepted_prediction_tokens": 2}), _tokens(30, 9)),
    "langfuse responses": Case("langfuse-sdk", _document(
        input_tokens=30, output_tokens=9, total_tokens=39, input_tokens_details={"cached_tokens": 20}), _tokens(30, 9)),
    "langfuse langchain": Case("langfuse-sdk", _document(
        input_tokens=30, output_tokens=9, total_tokens=39, input_token_details={"cache_read": 20}),
        _tokens(30, 9, cache_read_tokens=20)),
    "langfuse image": Case("langfuse-sdk", _document(
        input_tokens=30, output_tokens=90, total_tokens=120, input_tokens_details={"image_tokens": 20},
        output_tokens_details={"image_tokens": 80}), _tokens(30, 90, input_image_tokens=20, output_image_tokens=80)),
    # Zero, null and empty.
    "zero alias first": Case("x", {"gen_ai.usage.prompt_tokens": 0, "gen_ai.usage.completion_tokens": 0,
                                   **_chat("openai", "gpt-4o", **_usage(60, 4))}, _tokens(60, 4)),
    "null alias first": Case("x", {"gen_ai.usage.prompt_tokens": "null", **_chat("openai", "gpt-4o", **_usage(60, 4))},
                             _tokens(60, 4)),
    "zero over the document": Case("litellm", _litellm({"prompt_tokens": 60, "completion_tokens": 4}) | _usage(0, 0),
                                   _tokens(60, 4)),
    "input only": Case("x", _chat("openai", "gpt-4o", **_usage(60)), _tokens(0, 0, usage_note="output not told",
                       list_cost=None, usage_source="missing")),
    "output only and total": Case("x", _chat("openai", "gpt-4o", **_usage(None, 4, None, None, 64)),
                                  _tokens(60, 4, usage_note="input told by total_tokens")),
    "embedding input": Case("x", _chat("openai", "text-embedding-3-small", **_usage(60)) |
                            {"gen_ai.operation.name": "embeddings"}, _tokens(60, 0, usage_source="reported")),
    # No call is dropped.
    **{f"litellm {call}": Case("litellm", _litellm({"prompt_tokens": 60, "completion_tokens": 4}, call),
                               _tokens(60, 4))
       for call in ("aresponses", "anthropic_messages", "agenerate_content_stream", "allm_passthrough_route", "atext_completion",
                    "aimage_edit", "pass_through_endpoint", "a_call_type_of_next_year")},
    **{f"operation {name}": Case("x", _chat("openai", "gpt-4o", **_usage(60, 4)) | {"gen_ai.operation.name": name},
                                 _tokens(60, 4)) for name in ("llm_call", "generate_text", "converse", "next_year", "CHAT")},
    "codex": Case("codex_cli_rs", {"model": "gpt-5-codex", **_usage(60, 9), "codex.usage.reasoning_output_tokens": 5,
                                   "codex.usage.cached_input_tokens": 20},
                  _tokens(60, 9, reasoning_tokens=5, cache_read_tokens=20, provider="openai")),
    "openinference guardrail": Case("openinference.instrumentation.guardrails", {
        "openinference.span.kind": "GUARDRAIL", "llm.model_name": "gpt-4o", "llm.token_count.prompt": 60,
        "llm.token_count.completion": 4}, _tokens(60, 4)),
    # Tiers, fees and searches.
    "vercel anthropic batch": Case("ai", _vercel("anthropic.messages", {"inputTokens": 60, "outputTokens": 4},
                                                 {"anthropic": {"usage": {"input_tokens": 60, "service_tier": "batch"}}},
                                                 "claude-sonnet-4-5"), _tokens(60, 4, service_tier="batch")),
    "vercel priority": Case("ai", _vercel("openai.responses", {"inputTokens": 60, "outputTokens": 4},
                                          {"openai": {"serviceTier": "priority"}}, "gpt-5"),
                            _tokens(60, 4, service_tier="priority", list_cost=Decimal("0.00023"))),
    "unknown tier": Case("x", _chat("openai", "gpt-4o", **_usage(60, 4)) | {"openai.response.service_tier": "scale-9"},
                         _tokens(60, 4, price_status="partial", unpriced_parts="service tier scale-9")),
    "searches without a price": Case("litellm", _litellm(
        {"prompt_tokens": 60, "completion_tokens": 4, "prompt_tokens_details": {"web_search_requests": 2}},
        model="text-embedding-3-small"), {"web_searches": 2, "price_status": "partial", "unpriced_parts": "2 web search"}),
    "priced": Case("x", _chat("openai", "gpt-4o", **_usage(60, 4)), {"price_status": "priced", "unpriced_parts": ""}),
    # Names.
    **{f"model {model}": Case("x", _chat(provider, model, **_usage(1000, 100)), {"list_cost": Decimal(cost)})
       for provider, model, cost in (
           ("openrouter", "anthropic/claude-sonnet-4.5:floor", "0.0045"),
           ("gateway", "openai/gpt-4o", "0.0035"),
           ("litellm_proxy", "openai/gpt-4o", "0.0035"),
           ("gcp.vertex_ai", "projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929", "0.0045"),
           ("aws.bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "0.0045"),
           ("azure.ai.openai", "azure/gpt-4o", "0.0035"))},
    "opaque profile": Case("x", _chat("aws.bedrock", "arn:aws:bedrock:us-east-1:1:application-inference-profile/a",
                                      **_usage(1000, 100)), {"list_cost": None, "price_status": "unpriced"}),
}  # fmt: skip
# ruff: noqa: E501 (a table)


def _request(number: int, service: str, case: Case) -> bytes:
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = service
    scope = resource.scope_spans.add()
    scope.scope.name = case.scope
    span = scope.spans.add(name="call", trace_id=number.to_bytes(16), span_id=number.to_bytes(8))
    span.start_time_unix_nano, span.end_time_unix_nano = NOON, NOON + 10**9
    for name, value in case.attributes.items():
        attribute = span.attributes.add(key=name)
        if isinstance(value, int):
            attribute.value.int_value = value
        else:
            attribute.value.string_value = value
    return message.SerializeToString()


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The row of each case."""
    configuration = load(data_dir=tmp_path_factory.mktemp("neighbours") / "data")
    requests = [_request(number, service, case) for number, (service, case) in enumerate(CASES.items(), 1)]
    with data_folder.opened(configuration, "loaded") as store:
        store.insert_otlp(b"".join(map(length_prefixed, requests)), "neighbours")
        Worker(store, configuration).catch_up()
        return {row["service_name"]: row for row in store.rows("SELECT * FROM calls")}


@pytest.mark.parametrize("case", CASES)
def test_a_neighbour_is_booked_right(case: str, booked: dict[str, dict[str, Any]]) -> None:
    row = booked.get(case, {})
    assert {name: row.get(name) for name in CASES[case].expected} == CASES[case].expected
