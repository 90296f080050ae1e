"""Amazon Bedrock's answers: Converse and InvokeModel, whole and streamed.

Input tokens are only those neither read from nor written to the cache. Source: the API reference of `Converse`,
`ConverseStream`, `InvokeModel` and `InvokeModelWithResponseStream`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from spanledger import attributes
from spanledger.answers.fields import Attributes, count_of, is_count, put_count, put_part, put_text, put_texts, value_in


def read_converse(answer: object) -> Attributes:
    """What an answer of Converse says; empty where it is none."""
    usage = value_in(answer, "usage")
    uncached = value_in(usage, "inputTokens")
    if not is_count(uncached):
        return {}
    read, written = value_in(usage, "cacheReadInputTokens"), value_in(usage, "cacheWriteInputTokens")
    found = _counted(uncached, read, written, value_in(usage, "outputTokens"))
    for detail in value_in(usage, "cacheDetails") or ():
        if value_in(detail, "ttl") == "1h":
            put_part(found, attributes.USAGE_CACHE_WRITE_1H_TOKENS, value_in(detail, "inputTokens"))
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [value_in(answer, "stopReason")])
    put_text(found, attributes.RESPONSE_ID, value_in(value_in(answer, "ResponseMetadata"), "RequestId"))
    put_text(found, attributes.SERVICE_TIER, value_in(value_in(answer, "serviceTier"), "type"))
    return found


def read_invoke_model(answer: object) -> Attributes:
    """What the headers of InvokeModel's answer say; its body is a stream that only the app reads."""
    metadata = value_in(answer, "ResponseMetadata")
    headers = value_in(metadata, "HTTPHeaders")
    if not isinstance(headers, Mapping):
        return {}
    told = {
        name: int(value)
        for name, value in headers.items()
        if name.startswith(_HEADERS) and name.endswith("-count") and str(value).isdigit()
    }
    if f"{_HEADERS}input-token-count" not in told:
        return {}
    found = _counted(
        told[f"{_HEADERS}input-token-count"],
        told.get(f"{_HEADERS}cache-read-input-token-count"),
        told.get(f"{_HEADERS}cache-write-input-token-count"),
        told.get(f"{_HEADERS}output-token-count"),
    )
    put_text(found, attributes.RESPONSE_ID, value_in(metadata, "RequestId"))
    return found


def read_bedrock_chunk(chunk: object) -> tuple[Attributes, bool] | None:
    """What a chunk of either stream says, and whether it says that the end came; `None` where it says nothing."""
    metrics = _invocation_metrics(chunk)
    if metrics is not None:
        names = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount", "outputTokenCount")
        uncached, read, written, output = (value_in(metrics, name) for name in names)
        return _counted(count_of(uncached), read, written, output), True
    stop = value_in(value_in(chunk, "messageStop"), "stopReason")
    if isinstance(stop, str):
        return {attributes.PROVIDER_NAME: "aws.bedrock", attributes.RESPONSE_FINISH_REASONS: [stop]}, True
    metadata = value_in(chunk, "metadata")
    if value_in(value_in(metadata, "usage"), "inputTokens") is not None:
        return read_converse(metadata), False
    return None


def _invocation_metrics(chunk: object) -> Any:
    encoded = value_in(value_in(chunk, "chunk"), "bytes")
    if isinstance(encoded, bytes) and _METRICS.encode() in encoded:
        return value_in(json.loads(encoded), _METRICS)
    return None


def _counted(uncached: int, read: object, written: object, output: object) -> Attributes:
    found: Attributes = {attributes.PROVIDER_NAME: "aws.bedrock"}
    found[attributes.USAGE_INPUT_TOKENS] = uncached + count_of(read) + count_of(written)
    put_count(found, attributes.USAGE_OUTPUT_TOKENS, output)
    put_part(found, attributes.USAGE_CACHE_READ_TOKENS, read)
    put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, written)
    return found


_HEADERS: Final = "x-amzn-bedrock-"
_METRICS: Final = "amazon-bedrock-invocationMetrics"
