"""What a request of the openai or anthropic SDK says before it is sent: operation, model, provider, server."""

from functools import lru_cache
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
    operation = _operation(sdk, str(options.method), str(options.url))
    if operation is None:
        return None
    found: dict[str, AttributeValue] = {attributes.OPERATION_NAME: operation}
    host = client.base_url.host
    found[attributes.PROVIDER_NAME] = _provider(sdk, type(client).__name__, host)
    found[attributes.SERVER_ADDRESS] = host
    body = options.json_data
    if isinstance(body, dict):
        model = body.get("model")
        if isinstance(model, str):
            found[attributes.REQUEST_MODEL] = model
        if body.get("stream") is True:
            found[attributes.REQUEST_STREAM] = True
    return found


@lru_cache(maxsize=256)
def _operation(sdk: str, method: str, url: str) -> str | None:
    if method.lower() != "post":
        return None
    return _OPERATIONS[sdk].get(url.split("?", 1)[0].removeprefix("/v1"))


@lru_cache(maxsize=256)
def _provider(sdk: str, client: str, host: str) -> str:
    # Read at the first call: importing the library is to cost an app nothing.
    from spanledger_vocabulary.provider import at, called_by  # noqa: PLC0415

    known = called_by(client.removeprefix("Async")) or at(host)
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
