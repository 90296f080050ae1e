"""The answers of Gemini, Bedrock, Cohere and LangChain, and plain dicts of usage, brought to one meaning.

Sources: the providers' API references for `GenerateContentResponse`, Bedrock `Converse`, `ConverseStream` and
`InvokeModel`, Cohere `chat`, `embed` and `rerank`; LangChain's `UsageMetadata`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from opentelemetry.util.types import AttributeValue

from spanledger import attributes

Attributes = dict[str, AttributeValue]


def read_other_answer(answer: object) -> Attributes:
    """The span attributes of an answer in one of these shapes; empty where it is of none."""
    for reader in _READERS:
        found = reader(answer)
        if found:
            return found
    return {}


def read_other_chunk(chunk: object) -> tuple[Attributes, bool]:
    """What a chunk of a stream in one of these shapes says, and whether it says that the model has come to its end."""
    body = _invoke_model_chunk(chunk)
    if body is not None:
        return _read_invocation_metrics(body)
    stop = value_in(value_in(chunk, "messageStop"), "stopReason")
    if isinstance(stop, str):
        return {attributes.PROVIDER_NAME: "aws.bedrock", attributes.RESPONSE_FINISH_REASONS: [stop]}, True
    metadata = value_in(chunk, "metadata")
    if value_in(value_in(metadata, "usage"), "inputTokens") is not None:
        return _read_converse(metadata), False
    if value_in(chunk, "type") == "message-end":
        return _read_cohere(value_in(chunk, "delta")), True
    found = read_other_answer(chunk)
    return found, attributes.RESPONSE_FINISH_REASONS in found


def read_langchain_chunk(chunk: object) -> Attributes | None:
    """What a chunk of a LangChain stream says; its counts add up over the stream. `None` for any other chunk."""
    if not isinstance(value_in(chunk, "response_metadata"), dict):
        return None
    return _read_langchain(chunk) or _langchain_identity(chunk)


def value_in(source: object, name: str) -> Any:
    """The value of a key or an attribute; `None` where there is none."""
    return source.get(name) if isinstance(source, dict) else getattr(source, name, None)


def is_count(value: object) -> bool:
    """Whether it is a number of tokens."""
    return isinstance(value, int) and value is not True and value is not False and value >= 0


def _read_gemini(answer: object) -> Attributes:
    usage = value_in(answer, "usage_metadata")
    get = _either("prompt_token_count", "promptTokenCount")
    if usage is None:
        usage = value_in(answer, "usageMetadata")
    prompt = get(usage)
    if not is_count(prompt):
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "gcp.gemini"}
    _text(found, attributes.RESPONSE_ID, _either("response_id", "responseId")(answer))
    _text(found, attributes.RESPONSE_MODEL, _either("model_version", "modelVersion")(answer))
    reasons = [
        str(getattr(reason, "value", reason))
        for candidate in value_in(answer, "candidates") or ()
        if (reason := _either("finish_reason", "finishReason")(candidate)) is not None
    ]
    if reasons:
        found[attributes.RESPONSE_FINISH_REASONS] = reasons
    # Tokens of tool results are counted beside the prompt, thoughts beside the candidates.
    tools = _count(_either("tool_use_prompt_token_count", "toolUsePromptTokenCount")(usage))
    thoughts = _count(_either("thoughts_token_count", "thoughtsTokenCount")(usage))
    candidates = _either("candidates_token_count", "candidatesTokenCount")(usage)
    found[attributes.USAGE_INPUT_TOKENS] = prompt + tools
    if is_count(candidates) or thoughts:
        found[attributes.USAGE_OUTPUT_TOKENS] = _count(candidates) + thoughts
    _part(found, attributes.USAGE_REASONING_TOKENS, thoughts)
    _part(
        found,
        attributes.USAGE_CACHE_READ_TOKENS,
        _either("cached_content_token_count", "cachedContentTokenCount")(usage),
    )
    _part(found, attributes.USAGE_INPUT_AUDIO_TOKENS, _audio(usage, "prompt_tokens_details", "promptTokensDetails"))
    _part(
        found,
        attributes.USAGE_OUTPUT_AUDIO_TOKENS,
        _audio(usage, "candidates_tokens_details", "candidatesTokensDetails"),
    )
    tier = _either("traffic_type", "trafficType")(usage)
    if tier is not None:
        _text(found, attributes.SERVICE_TIER, str(getattr(tier, "value", tier)).lower())
    return found


def _audio(usage: object, *names: str) -> int:
    return sum(
        _count(_either("token_count", "tokenCount")(part))
        for part in _either(*names)(usage) or ()
        if str(getattr(value_in(part, "modality"), "value", value_in(part, "modality"))).upper() == "AUDIO"
    )


def _read_converse(answer: object) -> Attributes:
    """Bedrock's inputTokens are only those neither read from nor written to the cache."""
    usage = value_in(answer, "usage")
    uncached = value_in(usage, "inputTokens")
    if not is_count(uncached):
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "aws.bedrock"}
    read, written = _count(value_in(usage, "cacheReadInputTokens")), _count(value_in(usage, "cacheWriteInputTokens"))
    found[attributes.USAGE_INPUT_TOKENS] = uncached + read + written
    _whole(found, attributes.USAGE_OUTPUT_TOKENS, value_in(usage, "outputTokens"))
    _part(found, attributes.USAGE_CACHE_READ_TOKENS, read)
    _part(found, attributes.USAGE_CACHE_WRITE_TOKENS, written)
    for detail in value_in(usage, "cacheDetails") or ():
        if value_in(detail, "ttl") == "1h":
            _part(found, attributes.USAGE_CACHE_WRITE_1H_TOKENS, value_in(detail, "inputTokens"))
    _text_list(found, attributes.RESPONSE_FINISH_REASONS, value_in(answer, "stopReason"))
    _text(found, attributes.RESPONSE_ID, value_in(value_in(answer, "ResponseMetadata"), "RequestId"))
    _text(found, attributes.SERVICE_TIER, value_in(value_in(answer, "serviceTier"), "type"))
    return found


def _read_invoke_model(answer: object) -> Attributes:
    """The body is a stream that only the app reads; the headers of the answer tell the tokens."""
    metadata = value_in(answer, "ResponseMetadata")
    headers = value_in(metadata, "HTTPHeaders")
    if not isinstance(headers, Mapping):
        return {}
    told = {
        name: int(value)
        for name, value in headers.items()
        if name.startswith("x-amzn-bedrock-") and name.endswith("-count") and str(value).isdigit()
    }
    if "x-amzn-bedrock-input-token-count" not in told:
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "aws.bedrock"}
    read = told.get("x-amzn-bedrock-cache-read-input-token-count", 0)
    written = told.get("x-amzn-bedrock-cache-write-input-token-count", 0)
    found[attributes.USAGE_INPUT_TOKENS] = told["x-amzn-bedrock-input-token-count"] + read + written
    _whole(found, attributes.USAGE_OUTPUT_TOKENS, told.get("x-amzn-bedrock-output-token-count"))
    _part(found, attributes.USAGE_CACHE_READ_TOKENS, read)
    _part(found, attributes.USAGE_CACHE_WRITE_TOKENS, written)
    _text(found, attributes.RESPONSE_ID, value_in(metadata, "RequestId"))
    return found


def _invoke_model_chunk(chunk: object) -> Any:
    """The JSON in a chunk of InvokeModelWithResponseStream, where it tells the tokens; else `None`."""
    encoded = value_in(value_in(chunk, "chunk"), "bytes")
    if isinstance(encoded, bytes) and b"amazon-bedrock-invocationMetrics" in encoded:
        return json.loads(encoded)
    return None


def _read_invocation_metrics(body: object) -> tuple[Attributes, bool]:
    metrics = value_in(body, "amazon-bedrock-invocationMetrics")
    read = _count(value_in(metrics, "cacheReadInputTokenCount"))
    written = _count(value_in(metrics, "cacheWriteInputTokenCount"))
    found: Attributes = {attributes.PROVIDER_NAME: "aws.bedrock"}
    found[attributes.USAGE_INPUT_TOKENS] = _count(value_in(metrics, "inputTokenCount")) + read + written
    _whole(found, attributes.USAGE_OUTPUT_TOKENS, value_in(metrics, "outputTokenCount"))
    _part(found, attributes.USAGE_CACHE_READ_TOKENS, read)
    _part(found, attributes.USAGE_CACHE_WRITE_TOKENS, written)
    return found, True


def _read_cohere(answer: object) -> Attributes:
    """Billed units are what Cohere charges for; rerank bills searches, not tokens."""
    usage = value_in(answer, "usage")
    if usage is None:
        usage = value_in(answer, "meta")
    billed = value_in(usage, "billed_units")
    if billed is None:
        return {}
    found: Attributes = {attributes.PROVIDER_NAME: "cohere"}
    _text(found, attributes.RESPONSE_ID, value_in(answer, "id"))
    _text_list(found, attributes.RESPONSE_FINISH_REASONS, value_in(answer, "finish_reason"))
    for name, unit in (
        (attributes.USAGE_INPUT_TOKENS, "input_tokens"),
        (attributes.USAGE_OUTPUT_TOKENS, "output_tokens"),
    ):
        tokens = value_in(billed, unit)
        _whole(found, name, int(tokens) if isinstance(tokens, float) else tokens)
    searches = value_in(billed, "search_units")
    if isinstance(searches, int | float) and searches > 0:
        found.update(
            {attributes.VENDOR: "cohere", attributes.VENDOR_UNIT: "search", attributes.VENDOR_QUANTITY: float(searches)}
        )
    return found


def _read_langchain(answer: object) -> Attributes:
    """LangChain's own normal form: input includes cached tokens, output includes reasoning."""
    usage = value_in(answer, "usage_metadata")
    if not is_count(value_in(usage, "input_tokens")):
        return {}
    found = _langchain_identity(answer)
    _put_normal(found, usage)
    inputs, outputs = value_in(usage, "input_token_details"), value_in(usage, "output_token_details")
    _part(found, attributes.USAGE_CACHE_READ_TOKENS, value_in(inputs, "cache_read"))
    five, hour = (
        _count(value_in(inputs, "ephemeral_5m_input_tokens")),
        _count(value_in(inputs, "ephemeral_1h_input_tokens")),
    )
    _part(found, attributes.USAGE_CACHE_WRITE_TOKENS, value_in(inputs, "cache_creation") or five + hour)
    _part(found, attributes.USAGE_CACHE_WRITE_1H_TOKENS, hour)
    _part(found, attributes.USAGE_INPUT_AUDIO_TOKENS, value_in(inputs, "audio"))
    _part(found, attributes.USAGE_REASONING_TOKENS, value_in(outputs, "reasoning"))
    _part(found, attributes.USAGE_OUTPUT_AUDIO_TOKENS, value_in(outputs, "audio"))
    return found


def _langchain_identity(answer: object) -> Attributes:
    found: Attributes = {}
    told = value_in(answer, "response_metadata")
    provider = value_in(told, "model_provider")
    _text(found, attributes.PROVIDER_NAME, _as_the_ledger_has_it(provider))
    _text(found, attributes.RESPONSE_MODEL, value_in(told, "model_name") or value_in(told, "model"))
    _text(found, attributes.RESPONSE_ID, value_in(told, "id"))
    _text(found, attributes.SERVICE_TIER, value_in(told, "service_tier"))
    _text_list(
        found, attributes.RESPONSE_FINISH_REASONS, value_in(told, "finish_reason") or value_in(told, "stop_reason")
    )
    return found


def _read_plain(answer: object) -> Attributes:
    """A dict with counts of our own names, in it or in its `usage`: those of `record_usage`."""
    if not isinstance(answer, dict):
        return {}
    usage = answer.get("usage", answer)
    if not is_count(value_in(usage, "input_tokens")) and not is_count(value_in(usage, "output_tokens")):
        return {}
    found: Attributes = {}
    _put_normal(found, usage)
    for name, key in _PLAIN_PARTS:
        _part(found, name, value_in(usage, key))
    for name, key in _PLAIN_TEXTS:
        _text(found, name, answer.get(key))
    _text_list(found, attributes.RESPONSE_FINISH_REASONS, answer.get("finish_reason"))
    if answer.get("batch") is True:
        found[attributes.BATCH] = True
    return found


def _put_normal(found: Attributes, usage: object) -> None:
    _whole(found, attributes.USAGE_INPUT_TOKENS, value_in(usage, "input_tokens"))
    _whole(found, attributes.USAGE_OUTPUT_TOKENS, value_in(usage, "output_tokens"))


def _either(*names: str) -> Callable[[object], Any]:
    def get(source: object) -> Any:
        for name in names:
            value = value_in(source, name)
            if value is not None:
                return value
        return None

    return get


def _count(value: object) -> int:
    return value if is_count(value) else 0  # type: ignore[return-value]


def _whole(found: Attributes, name: str, value: object) -> None:
    if is_count(value):
        found[name] = value  # type: ignore[assignment]


def _part(found: Attributes, name: str, value: object) -> None:
    if value and is_count(value):
        found[name] = value  # type: ignore[assignment]


def _as_the_ledger_has_it(provider: object) -> object:
    from spanledger_vocabulary.provider import named  # noqa: PLC0415 (not before the first answer)

    known = named(provider) if isinstance(provider, str) else None
    return known.name if known else provider


def _text(found: Attributes, name: str, value: object) -> None:
    if isinstance(value, str) and value:
        found[name] = value


def _text_list(found: Attributes, name: str, value: object) -> None:
    if isinstance(value, str) and value:
        found[name] = [value]


_READERS: Final = (_read_langchain, _read_gemini, _read_converse, _read_invoke_model, _read_cohere, _read_plain)
_PLAIN_PARTS: Final = (
    (attributes.USAGE_CACHE_READ_TOKENS, "cache_read_tokens"),
    (attributes.USAGE_CACHE_WRITE_TOKENS, "cache_write_tokens"),
    (attributes.USAGE_CACHE_WRITE_1H_TOKENS, "cache_write_1h_tokens"),
    (attributes.USAGE_REASONING_TOKENS, "reasoning_tokens"),
    (attributes.USAGE_INPUT_AUDIO_TOKENS, "audio_input_tokens"),
    (attributes.USAGE_OUTPUT_AUDIO_TOKENS, "audio_output_tokens"),
)
_PLAIN_TEXTS: Final = (
    (attributes.PROVIDER_NAME, "provider"),
    (attributes.RESPONSE_MODEL, "model"),
    (attributes.RESPONSE_ID, "response_id"),
    (attributes.SERVICE_TIER, "service_tier"),
)
