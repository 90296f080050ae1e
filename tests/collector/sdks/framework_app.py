"""An app on a framework that calls models: run by test_foreign_instrumentations.py in a venv that has the framework.

    python framework_app.py NAME PROVIDER_URL

Where docs/instrument.md has a snippet for the framework, that snippet is what runs.
"""

import asyncio
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import spanledger

PAGE = (Path(__file__).parents[3] / "docs" / "instrument.md").read_text()
MESSAGES = [{"role": "user", "content": "Hello"}]


def documented(heading: str) -> dict[str, Any]:
    """The names that the snippet below a heading defines."""
    (snippet,) = re.findall(rf"## {heading}\n.*?```python\n(.*?)```", PAGE, re.DOTALL)[:1]
    names: dict[str, Any] = {"spanledger": spanledger}
    exec(compile(snippet, heading, "exec"), names)
    return names


def langchain(url: str) -> None:
    """A call by the snippet's decorator, a streamed one, and three that `instrument()` sees."""
    model = import_module("langchain_openai").ChatOpenAI(
        model="gpt-4o-mini", base_url=f"{url}/v1", api_key="test", stream_usage=True
    )
    documented("LangChain")["ask_langchain"]("acme", model, "Hello")

    @spanledger.llm_call(tenant="account_id", model="gpt-4o-mini")
    def stream(account_id: str) -> Any:
        return model.stream("Hello")

    list(stream("acme"))
    spanledger.instrument()
    with spanledger.attribution(tenant="acme"):
        model.invoke("Hello")
        list(model.stream("Hello"))
        asyncio.run(model.ainvoke("Hello"))


def litellm(url: str) -> None:
    """A call by the snippet's decorator, one of its streams, and one that `instrument()` sees below it."""
    sdk = import_module("litellm")
    sdk.api_base, sdk.api_key, sdk.telemetry = f"{url}/v1", "test", False
    documented("LiteLLM")["ask_litellm"]("acme", "Hello", model="openai/gpt-4o-mini")

    @spanledger.llm_call(tenant="account_id")
    def stream(account_id: str, model: str) -> Any:
        return sdk.completion(model=model, messages=MESSAGES, stream=True, stream_options={"include_usage": True})

    list(stream("acme", "openai/gpt-4o-mini"))
    spanledger.instrument()
    documented("LiteLLM")["ask_litellm"]("acme", "Hello", model="openai/gpt-4o-mini")


def agents(url: str) -> None:
    """A run of an agent by each of OpenAI's two interfaces."""
    sdk = import_module("agents")
    sdk.set_tracing_disabled(True)
    sdk.set_default_openai_client(import_module("openai").AsyncOpenAI(base_url=f"{url}/v1", api_key="test"))
    spanledger.instrument()
    run = documented("OpenAI Agents SDK")["run_agent"]
    for interface in ("responses", "chat_completions"):
        sdk.set_default_openai_api(interface)
        asyncio.run(run("acme", sdk.Agent(name="helper", model="gpt-4o-mini"), "Hello"))


def mistral(url: str) -> None:
    """A call of Mistral's own SDK, plain and streamed."""
    client = import_module("mistralai.client").Mistral(api_key="test", server_url=url)

    @spanledger.llm_call(provider="mistral_ai", tenant="account_id")
    def ask(account_id: str, model: str) -> Any:
        return client.chat.complete(model=model, messages=MESSAGES)

    @spanledger.llm_call(provider="mistral_ai", tenant="account_id")
    def stream(account_id: str, model: str) -> Any:
        return client.chat.stream(model=model, messages=MESSAGES)

    ask("acme", model="mistral-small-latest")
    list(stream("acme", model="mistral-small-latest"))


def main() -> None:
    """Runs one of the above and sends what it recorded."""
    name, url = sys.argv[1:]
    spanledger.configure()
    {"langchain": langchain, "litellm": litellm, "agents": agents, "mistral": mistral}[name](url)
    assert spanledger.flush()
    assert spanledger.stats().errors == 0


main()
