"""`instrument()`: every call of the openai and anthropic SDKs is reported, without a change to the app."""

from spanledger import guard
from spanledger.tracing import DISABLED


def instrument() -> None:
    """Reports every call that the installed `openai` and `anthropic` SDKs make, without a change to the app.

    Chat completions, responses, text completions, embeddings, images and messages; plain and asynchronous, whole and
    streamed, with raw and streaming responses, on any client, made before or after. SDKs that are imported only later
    are instrumented then. A call that is traced already, by another instrumentation or by the SDK itself, is left to
    that. A call within `@llm_call` takes what the decorator says of provider and place, and reports in its stead.

    Calling it again does nothing. `uninstrument` undoes it.

    Example:
        spanledger.configure(service_name="shop")
        spanledger.instrument()
    """
    if DISABLED:
        return
    with guard.Shield("instrumenting"):
        from spanledger.sdks.sdk_instrumentation import patch  # noqa: PLC0415 (only where it is used)

        patch()


def uninstrument() -> None:
    """Gives the SDKs their own methods back."""
    with guard.Shield("uninstrumenting"):
        from spanledger.sdks.sdk_instrumentation import unpatch  # noqa: PLC0415

        unpatch()
