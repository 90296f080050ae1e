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
    # Read at the first call: importing the library is to cost an app nothing.
    from spanledger_vocabulary.provider import at, called_by  # noqa: PLC0415

    known = called_by(type(client).__name__.removeprefix("Async")) or at(host)
    return known.name if known else sdk


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
