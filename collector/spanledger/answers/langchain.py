"""LangChain's messages, in its own normal form: input includes cached tokens, output includes reasoning.

Source: its `UsageMetadata`.
"""

from typing import Final

from spanledger import attributes
from spanledger.answers.fields import Attributes, count_of, is_count, put_count, put_part, put_text, put_texts, value_in


def read_langchain(answer: object) -> Attributes:
    """What a message says; empty where it is none of LangChain's."""
    usage = value_in(answer, "usage_metadata")
    if not is_count(value_in(usage, "input_tokens")):
        return {}
    found = _read_identity(answer)
    put_count(found, attributes.USAGE_INPUT_TOKENS, value_in(usage, "input_tokens"))
    put_count(found, attributes.USAGE_OUTPUT_TOKENS, value_in(usage, "output_tokens"))
    inputs, outputs = value_in(usage, "input_token_details"), value_in(usage, "output_token_details")
    put_part(found, attributes.USAGE_CACHE_READ_TOKENS, value_in(inputs, "cache_read"))
    five = count_of(value_in(inputs, "ephemeral_5m_input_tokens"))
    hour = count_of(value_in(inputs, "ephemeral_1h_input_tokens"))
    put_part(found, attributes.USAGE_CACHE_WRITE_TOKENS, value_in(inputs, "cache_creation") or five + hour)
    put_part(found, attributes.USAGE_CACHE_WRITE_1H_TOKENS, hour)
    put_part(found, attributes.USAGE_INPUT_AUDIO_TOKENS, value_in(inputs, "audio"))
    put_part(found, attributes.USAGE_REASONING_TOKENS, value_in(outputs, "reasoning"))
    put_part(found, attributes.USAGE_OUTPUT_AUDIO_TOKENS, value_in(outputs, "audio"))
    return found


def read_langchain_chunk(chunk: object) -> Attributes | None:
    """What a chunk of a stream says; its counts add up over the stream. `None` for any other chunk."""
    if not isinstance(value_in(chunk, "response_metadata"), dict):
        return None
    return read_langchain(chunk) or _read_identity(chunk)


def _read_identity(answer: object) -> Attributes:
    found: Attributes = {}
    told = value_in(answer, "response_metadata")
    provider = value_in(told, "model_provider")
    put_text(found, attributes.PROVIDER_NAME, _PROVIDERS.get(str(provider), provider))
    put_text(found, attributes.RESPONSE_MODEL, value_in(told, "model_name") or value_in(told, "model"))
    put_text(found, attributes.RESPONSE_ID, value_in(told, "id"))
    put_text(found, attributes.SERVICE_TIER, value_in(told, "service_tier"))
    reason = value_in(told, "finish_reason") or value_in(told, "stop_reason")
    put_texts(found, attributes.RESPONSE_FINISH_REASONS, [reason])
    return found


_PROVIDERS: Final = {
    "google_genai": "gcp.gemini",
    "google_vertexai": "gcp.vertex_ai",
    "bedrock_converse": "aws.bedrock",
    "bedrock": "aws.bedrock",
    "mistralai": "mistral_ai",
    "azure": "azure.ai.openai",
}
