"""What a request of the openai or anthropic SDK says before it is sent: operation, model, provider, server."""

from typing import Any, Final

from opentelemetry.util.types import AttributeValue

from spanledger import attributes


def read_request(sdk: str, client: Any, options: Any) -> dict[str, AttributeValue] | None:
    """The attributes that a request's span starts with; `None` where it is no LLM call. Prompts are not read.

    Args:
        sdk: "openai" or "anthropic".
        client: The SDK's client.
        options: The SDK's own description of the request.
    """
    if str(options.method).lower() != "post":
        return None
    operation = _OPERATIONS[sdk].get(str(options.url).split("?", 1)[0].removeprefix("/v1"))
    if operation is None:
        return None
    found: dict[str, AttributeValue] = {attributes.OPERATION_NAME: operation}
    host = client.base_url.host
    found[attributes.PROVIDER_NAME] = _provider(sdk, client, host)
    found[attributes.SERVER_ADDRESS] = host
    body = options.json_data
    if isinstance(body, dict):
        model = body.get("model")
        if isinstance(model, str):
            found[attributes.REQUEST_MODEL] = model
        if body.get("stream") is True:
            found[attributes.REQUEST_STREAM] = True
    return found


def _provider(sdk: str, client: Any, host: str) -> str:
    by_client = _PROVIDERS_BY_CLIENT.get(type(client).__name__.removeprefix("Async"))
    if by_client is not None:
        return by_client
    for ending, provider in _PROVIDERS_BY_HOST.items():
        if host == ending or host.endswith("." + ending):
            return provider
    return sdk


_OPERATIONS: Final = {
    "openai": {
        "/chat/completions": "chat",
        "/responses": "chat",
        "/completions": "text_completion",
        "/embeddings": "embeddings",
        "/images/generations": "generate_content",
        "/images/edits": "generate_content",
    },
    "anthropic": {"/messages": "chat", "/complete": "text_completion"},
}
# Names as the GenAI conventions have them, where they have one.
_PROVIDERS_BY_CLIENT: Final = {
    "AzureOpenAI": "azure.ai.openai",
    "AnthropicBedrock": "aws.bedrock",
    "AnthropicBedrockMantle": "aws.bedrock",
    "AnthropicVertex": "gcp.vertex_ai",
    "AnthropicFoundry": "azure.ai.inference",
}
_PROVIDERS_BY_HOST: Final = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "amazonaws.com": "aws.bedrock",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "api.mistral.ai": "mistral_ai",
    "api.groq.com": "groq",
    "api.deepseek.com": "deepseek",
    "api.perplexity.ai": "perplexity",
    "api.x.ai": "x_ai",
    "api.cohere.com": "cohere",
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
}
