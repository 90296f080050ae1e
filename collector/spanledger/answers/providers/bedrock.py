"""Amazon Bedrock's answers: Converse and InvokeModel, whole and streamed, the bodies of Titan and Llama, Nova Sonic.

Input tokens are only those neither read from nor written to the cache. Source: the API reference of `Converse`,
`ConverseStream`, `InvokeModel` and `InvokeModelWithResponseStream`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from spanledger import attributes
from spanledger.answers.convention import BEDROCK
from spanledger.answers.fields import (
    Attributes,
    count_in,
    first_in,
    items_in,
    put_id,
    put_text,
    put_texts,
    put_unpriced,
    tell,
    tell_part,
    value_in,
)
from spanledger.answers.usage import Reading, Told


def read_bedrock(answer: object) -> Reading | None:
    """What an answer of either operation says; `None` where it is none."""
    return _read_converse(answer) or _read_headers(answer) or _read_body(answer)


def read_bedrock_chunk(chunk: object) -> Reading | None:
    """What a chunk of either stream says; `None` where it says nothing."""
    metrics = _invocation_metrics(chunk)
    if metrics is not None:
        told: Told = {}
        for key, name in _METRIC_NAMES:
            (tell if key in {"input", "output"} else tell_part)(told, key, metrics, name)
        return Reading(_provider(), told, BEDROCK, last=True)
    spoken = _read_spoken(chunk)
    if spoken is not None:
        return spoken
    stop = value_in(value_in(chunk, "messageStop"), "stopReason")
    if isinstance(stop, str):
        return Reading(_provider() | {attributes.RESPONSE_FINISH_REASONS: [stop]}, {}, BEDROCK, last=True)
    return _read_converse(value_in(chunk, "metadata"))


def _read_converse(answer: object) -> Reading | None:
    usage = value_in(answer, "usage")
    if count_in(usage, "inputTokens") is None:
        return None
    found = _provider()
    told: Told = {}
    tell(told, "input", usage, "inputTokens")
    tell(told, "output", usage, "outputTokens")
    tell_part(told, "total", usage, "totalTokens")
    tell_part(told, "cache_read", usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    tell_part(told, "cache_write", usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    for detail in items_in(usage, "cacheDetails"):
        if value_in(detail, "ttl") == "1h":
            tell_part(told, "cache_write_1h", detail, "inputTokens")
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "stopReason")])
    put_id(found, value_in(value_in(answer, "ResponseMetadata"), "RequestId"))
    put_text(found, attributes.SERVICE_TIER, value_in(value_in(answer, "serviceTier"), "type"))
    put_unpriced(found, _guardrail_units(answer))
    return Reading(found, told, BEDROCK)


def _guardrail_units(answer: object) -> dict[str, int]:
    """What guardrails have weighed, by policy: charged for beside the model's tokens, unless free."""
    guardrail = value_in(value_in(answer, "trace"), "guardrail")
    before, after = value_in(guardrail, "inputAssessment"), value_in(guardrail, "outputAssessments")
    assessments = [
        assessment
        for found in (before, after)
        if isinstance(found, dict)
        for of_guardrail in found.values()
        for assessment in (of_guardrail if isinstance(of_guardrail, list) else [of_guardrail])
    ]
    units: dict[str, int] = {}
    for assessment in assessments:
        usage = value_in(value_in(assessment, "invocationMetrics"), "usage")
        for name in usage if isinstance(usage, dict) else ():
            if name.endswith("Units") and not name.endswith("FreeUnits"):
                unit = f"guardrail {name.removesuffix('Units')} unit"
                units[unit] = units.get(unit, 0) + (count_in(usage, name) or 0)
    return units


def _read_spoken(chunk: object) -> Reading | None:
    """What Nova Sonic says of a session so far: its speech is not billed as text."""
    event = value_in(value_in(chunk, "event") or chunk, "usageEvent")
    if count_in(event, "totalInputTokens") is None:
        return None
    told: Told = {}
    tell(told, "input", event, "totalInputTokens")
    tell(told, "output", event, "totalOutputTokens")
    so_far = value_in(value_in(event, "details"), "total")
    tell_part(told, "audio_input", value_in(so_far, "input"), "speechTokens")
    tell_part(told, "audio_output", value_in(so_far, "output"), "speechTokens")
    return Reading(_provider(), told, BEDROCK, last=True, renews=True)


def _read_headers(answer: object) -> Reading | None:
    """The body of InvokeModel's answer is a stream that only the app reads; its headers tell the tokens."""
    metadata = value_in(answer, "ResponseMetadata")
    headers = value_in(metadata, "HTTPHeaders")
    if not isinstance(headers, Mapping):
        return None
    counts = {name: int(value) for name, value in headers.items() if name in _HEADERS and str(value).isdigit()}
    told: Told = {}
    for name, key in _HEADERS.items():
        (tell if key in {"input", "output"} else tell_part)(told, key, counts, name)
    if "input" not in told:
        return None
    found = _provider()
    put_id(found, value_in(metadata, "RequestId"))
    return Reading(found, told, BEDROCK)


def _read_body(answer: object) -> Reading | None:
    """The body of InvokeModel's answer as the app has parsed it, of models with names of their own for tokens."""
    told: Told = {}
    tell(told, "input", answer, "inputTextTokenCount", "inputTokenCount", "prompt_token_count")
    if "input" not in told:
        return None
    results = items_in(answer, "results")
    tell(told, "output", answer, "generation_token_count", "totalOutputTextTokenCount")
    counts = [count for result in results if (count := count_in(result, "tokenCount")) is not None]
    if counts:
        told["output"] = sum(counts)
    found = _provider()
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "stop_reason")])
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(result, "completionReason") for result in results])
    embeds = first_in(answer, "embedding", "embeddings", "embeddingsByType") is not None
    return Reading(found, told, BEDROCK, generates=not embeds)


def _invocation_metrics(chunk: object) -> Any:
    encoded = value_in(value_in(chunk, "chunk"), "bytes")
    if isinstance(encoded, bytes) and _METRICS.encode() in encoded:
        return value_in(json.loads(encoded), _METRICS)
    return None


def _provider() -> Attributes:
    return {attributes.PROVIDER_NAME: "aws.bedrock"}


_METRICS: Final = "amazon-bedrock-invocationMetrics"
_METRIC_NAMES: Final = (
    ("input", "inputTokenCount"),
    ("output", "outputTokenCount"),
    ("cache_read", "cacheReadInputTokenCount"),
    ("cache_write", "cacheWriteInputTokenCount"),
)
_HEADERS: Final = {
    "x-amzn-bedrock-input-token-count": "input",
    "x-amzn-bedrock-output-token-count": "output",
    "x-amzn-bedrock-cache-read-input-token-count": "cache_read",
    "x-amzn-bedrock-cache-write-input-token-count": "cache_write",
}
