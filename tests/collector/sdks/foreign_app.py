"""An app with a foreign instrumentation: run by test_foreign_instrumentations.py in a venv that has it.

    python foreign_app.py NAME PROVIDER_URL

It makes one plain and one streamed chat completion under attribution, with `spanledger.instrument()` on.
"""

import sys
from importlib import import_module
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

import spanledger

INSTRUMENTORS = {
    "openllmetry": "opentelemetry.instrumentation.openai",
    "official": "opentelemetry.instrumentation.genai.openai",
    "openinference": "openinference.instrumentation.openai",
}


def main() -> None:
    name, url = sys.argv[1:]
    if name == "logfire":
        logfire: Any = import_module("logfire")
        logfire.configure(send_to_logfire=False, console=False)
        logfire.instrument_openai()
    else:
        trace.set_tracer_provider(TracerProvider())
    # Logfire makes the span of a stream's result from a context that went through the propagators: only baggage stays.
    baggage = ["tenant"] if name == "logfire" else []
    spanledger.configure(send_baggage=baggage, accept_baggage=baggage)
    if name in INSTRUMENTORS:
        import_module(INSTRUMENTORS[name]).OpenAIInstrumentor().instrument()
    sdk: Any = import_module("openai")
    if name == "langfuse":
        langfuse: Any = import_module("langfuse")
        provider = trace.get_tracer_provider()
        langfuse.Langfuse(public_key="pk", secret_key="sk", base_url="http://127.0.0.1:9", tracer_provider=provider)
        sdk = import_module("langfuse.openai")
    spanledger.instrument()
    client = sdk.OpenAI(base_url=f"{url}/v1", api_key="test")
    messages = [{"role": "user", "content": "Hello"}]
    with spanledger.attribution(tenant="acme", user="u-1"):
        client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        options = {"include_usage": True}
        list(
            client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True, stream_options=options)
        )
    assert spanledger.flush()
    sys.stdout.flush()
    import os

    os._exit(0)  # the peers' own exporters have nowhere to send to


main()
