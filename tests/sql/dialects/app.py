"""An app with one or two instrumentations, run by capture.py in a venv that has them.

    python app.py NAME[+NAME] URL

URL serves the provider and OTLP. After each case the app waits for its spans, flushes and tells the server its name.
LiteLLM reports from threads of its own, so each of its cases runs in a process of its own. With "gateway" among the
names LiteLLM serves in a process of its own, and the other names instrument the client that calls it.
"""

import asyncio
import contextlib
import gc
import inspect
import json
import os
import signal
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from typing import Any

NAMES = sys.argv[1].split("+")
URL = sys.argv[2]
os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = URL
os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{URL}/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf"
os.environ["OTEL_SERVICE_NAME"] = "captured-app"
os.environ["OTEL_METRICS_EXPORTER"] = os.environ["OTEL_LOGS_EXPORTER"] = "none"
os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "200"  # ms; some export through a provider of their own
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["OPENAI_API_KEY"] = os.environ["ANTHROPIC_API_KEY"] = "test"

from opentelemetry import propagate, trace  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: E402
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: E402

HELLO: Any = [{"role": "user", "content": "SECRET QUESTION"}]
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
ANTHROPIC_TOOLS: Any = [{"name": "weather", "input_schema": {"type": "object", "properties": {}}}]
INSTRUMENTORS = {
    "official": [("opentelemetry.instrumentation.genai.openai", "OpenAIInstrumentor"),
                 ("opentelemetry.instrumentation.genai.anthropic", "AnthropicInstrumentor")],
    "openai_v2": [("opentelemetry.instrumentation.openai_v2", "OpenAIInstrumentor")],
    "openllmetry": [("opentelemetry.instrumentation.openai", "OpenAIInstrumentor"),
                    ("opentelemetry.instrumentation.anthropic", "AnthropicInstrumentor")],
    "openinference": [("openinference.instrumentation.openai", "OpenAIInstrumentor"),
                      ("openinference.instrumentation.anthropic", "AnthropicInstrumentor")],
}  # fmt: skip


class Watch(SpanProcessor):
    """Knows which spans are open, and when one last began or ended."""

    def __init__(self) -> None:
        self.open = 0
        self.ended: list[str] = []
        self.moved = time.monotonic()

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self.open += 1
        self.moved = time.monotonic()

    def on_end(self, span: Any) -> None:
        self.open -= 1
        self.ended.append(span.instrumentation_scope.name if span.instrumentation_scope else "")
        self.moved = time.monotonic()

    def settle(self, scope: str, seconds: float, quiet: float) -> None:
        """Wait until a span whose scope holds `scope` has ended and none moved for `quiet`, at most `seconds`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            done = self.open <= 0 and any(scope in ended for ended in self.ended)
            if done and time.monotonic() - self.moved > quiet:
                break
            time.sleep(0.05)
        self.open = 0
        self.ended.clear()


WATCH = Watch()


def set_up(names: list[str]) -> None:
    if "logfire" in names:
        logfire: Any = import_module("logfire")
        logfire.configure(send_to_logfire=False, console=False, metrics=False, inspect_arguments=False,
                          additional_span_processors=[WATCH])  # fmt: skip
        logfire.instrument_openai()
        logfire.instrument_anthropic()
        return
    provider = TracerProvider()
    provider.add_span_processor(WATCH)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    for name in names:
        for module, instrumentor in INSTRUMENTORS.get(name, []):
            with contextlib.suppress(ModuleNotFoundError):
                getattr(import_module(module), instrumentor)().instrument(tracer_provider=provider)
        if name == "gateway":
            import_module("opentelemetry.instrumentation.httpx").HTTPXClientInstrumentor().instrument()
        elif name == "openlit":
            init: Any = import_module("openlit").init
            old = {"tracer": trace.get_tracer("openlit")} if "tracer" in inspect.signature(init).parameters else {}
            init(disable_metrics=True, **old)
        elif name == "langfuse":
            import_module("langfuse").Langfuse(
                public_key="pk", secret_key="sk", base_url=URL, tracer_provider=provider,
                should_export_span=lambda span: False)  # fmt: skip
        elif name == "litellm":
            litellm: Any = import_module("litellm")
            litellm.callbacks = ["otel"]
            litellm.suppress_debug_info = True
        elif name == "pydantic_ai":
            pydantic_ai: Any = import_module("pydantic_ai")
            pydantic_ai.Agent.instrument_all(True)


@contextlib.contextmanager
def whose() -> Iterator[None]:
    """The tenant, user and session in the way that the instrumentation documents."""
    with contextlib.ExitStack() as stack:
        for name in NAMES:
            if name == "openllmetry":
                from opentelemetry.context import attach, detach, get_current, set_value

                said = {"tenant_id": "acme", "user_id": "u-1", "session_id": "s-1"}
                token = attach(set_value("association_properties", said, get_current()))
                stack.callback(detach, token)
            elif name == "openinference":
                using: Any = import_module("openinference.instrumentation").using_attributes
                stack.enter_context(using(user_id="u-1", session_id="s-1", metadata={"tenant_id": "acme"}))
            elif name == "logfire":
                logfire: Any = import_module("logfire")
                stack.enter_context(logfire.set_baggage(tenant="acme", user_id="u-1", session_id="s-1"))
            elif name == "langfuse":
                propagating: Any = import_module("langfuse").propagate_attributes
                stack.enter_context(propagating(user_id="u-1", session_id="s-1", metadata={"tenant_id": "acme"}))
            elif name == "openlit" and hasattr(import_module("openlit"), "using_attributes"):
                with contextlib.suppress(TypeError):
                    stack.enter_context(
                        import_module("openlit").using_attributes(tenant_id="acme", user_id="u-1", session_id="s-1")
                    )
        yield


def cases() -> dict[str, Callable[[], object]]:
    if "gateway" in NAMES:
        return gateway_cases()
    if "litellm" in NAMES:
        return litellm_cases()
    if "pydantic_ai" in NAMES:
        return pydantic_ai_cases()
    sdk: Any = import_module("langfuse.openai" if "langfuse" in NAMES else "openai")
    client = sdk.OpenAI(base_url=f"{URL}/v1", max_retries=0)
    patient = sdk.OpenAI(base_url=f"{URL}/v1", max_retries=3)
    chat = client.chat.completions.create

    def all_of(stream: Any) -> None:
        for _ in stream:
            pass

    def abandoned() -> None:
        stream = chat(model="gpt-4o-mini", messages=HELLO, stream=True, stream_options={"include_usage": True})
        next(iter(stream))
        stream.close()

    async def asynchronous() -> None:
        other = sdk.AsyncOpenAI(base_url=f"{URL}/v1", max_retries=0)
        await other.chat.completions.create(model="gpt-4o-mini", messages=HELLO)

    def in_a_span() -> None:
        with trace.get_tracer("my.app").start_as_current_span("handle"):
            chat(model="gpt-4o-mini", messages=HELLO)
            chat(model="gpt-4o-mini", messages=HELLO)

    found: dict[str, Callable[[], object]] = {
        "openai-plain": lambda: chat(model="gpt-4o-mini", messages=HELLO),
        "openai-tools": lambda: chat(model="gpt-4o-tools", messages=HELLO, tools=TOOLS),
        "openai-stream-usage": lambda: all_of(
            chat(model="gpt-4o-mini", messages=HELLO, stream=True, stream_options={"include_usage": True})
        ),
        "openai-stream": lambda: all_of(chat(model="gpt-4o-mini", messages=HELLO, stream=True)),
        "openai-abandoned": abandoned,
        "openai-429": lambda: chat(model="gpt-4o-broken", messages=HELLO),
        "openai-500": lambda: chat(model="gpt-4o-down", messages=HELLO),
        "openai-retries": lambda: patient.chat.completions.create(model="gpt-4o-flaky", messages=HELLO),
        "openai-embeddings": lambda: client.embeddings.create(model="text-embedding-3-small", input="SECRET TEXT"),
        "openai-responses": lambda: client.responses.create(model="gpt-4.1", input="SECRET QUESTION"),
        "openai-responses-stream": lambda: all_of(
            client.responses.create(model="gpt-4.1", input="SECRET QUESTION", stream=True)
        ),
        "openai-async": lambda: asyncio.run(asynchronous()),
        "openai-two-in-a-span": in_a_span,
    }
    try:
        import anthropic
    except ImportError:
        return found
    claude = anthropic.Anthropic(base_url=URL, max_retries=0).messages
    eager = anthropic.Anthropic(base_url=URL, max_retries=3).messages
    asked: Any = {"max_tokens": 100, "messages": HELLO}

    def text_stream() -> None:
        with claude.stream(model="claude-sonnet-4-5", **asked) as stream:
            all_of(stream.text_stream)

    def claude_in_a_span() -> None:
        with trace.get_tracer("my.app").start_as_current_span("handle"):
            claude.create(model="claude-sonnet-4-5", **asked)
            claude.create(model="claude-sonnet-4-5", **asked)

    return found | {
        "anthropic-cached": lambda: claude.create(model="claude-sonnet-4-5", **asked),
        "anthropic-plain": lambda: claude.create(model="claude-plain", **asked),
        "anthropic-tools": lambda: claude.create(model="claude-tools", tools=ANTHROPIC_TOOLS, **asked),
        "anthropic-stream": lambda: all_of(claude.create(model="claude-sonnet-4-5", stream=True, **asked)),
        "anthropic-stream-helper": text_stream,
        "anthropic-429": lambda: claude.create(model="claude-broken", **asked),
        "anthropic-retries": lambda: eager.create(model="claude-flaky", **asked),
        "anthropic-two-in-a-span": claude_in_a_span,
    }


def litellm_call(function: str, **asked: Any) -> Any:
    """An answer or a list of chunks; the second tracer (v2) reports async calls alone, from the loop they ran in."""
    litellm: Any = import_module("litellm")
    if "v2" not in NAMES:
        answer = getattr(litellm, function)(**asked)
        return list(answer) if asked.get("stream") else answer

    async def go() -> Any:
        try:
            answer = await getattr(litellm, f"a{function}")(**asked)
            return [chunk async for chunk in answer] if asked.get("stream") else answer
        finally:
            await asyncio.sleep(2)

    return asyncio.run(go())


def litellm_cases() -> dict[str, Callable[[], object]]:
    import_module("litellm")
    said = {"api_key": "test", "num_retries": 0, "max_retries": 0, "user": "u-1",
            "metadata": {"user_api_key_team_id": "acme", "session_id": "s-1"}}  # fmt: skip

    def openai(model: str, **asked: Any) -> object:
        return litellm_call(
            "completion", model=f"openai/{model}", api_base=f"{URL}/v1", messages=HELLO, **said, **asked
        )

    def claude(model: str, **asked: Any) -> object:
        return litellm_call("completion", model=f"anthropic/{model}", api_base=URL, messages=HELLO, **said, **asked)

    return {
        "openai-plain": lambda: openai("gpt-4o-mini"),
        "openai-tools": lambda: openai("gpt-4o-tools", tools=TOOLS),
        "openai-stream-usage": lambda: openai("gpt-4o-mini", stream=True, stream_options={"include_usage": True}),
        "openai-stream": lambda: openai("gpt-4o-mini", stream=True),
        "openai-429": lambda: openai("gpt-4o-broken"),
        "openai-500": lambda: openai("gpt-4o-down"),
        "openai-embeddings": lambda: litellm_call(
            "embedding", model="openai/text-embedding-3-small", input=["SECRET TEXT"], api_base=f"{URL}/v1",
            api_key="test"),
        "anthropic-cached": lambda: claude("claude-sonnet-4-5"),
        "anthropic-stream": lambda: claude("claude-sonnet-4-5", stream=True),
        "anthropic-429": lambda: claude("claude-broken"),
    }  # fmt: skip


def pydantic_ai_cases() -> dict[str, Callable[[], object]]:
    pydantic_ai: Any = import_module("pydantic_ai")
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.anthropic import AnthropicProvider
    from pydantic_ai.providers.openai import OpenAIProvider

    openai = OpenAIProvider(openai_client=AsyncOpenAI(base_url=f"{URL}/v1", max_retries=0))
    claude = AnthropicProvider(anthropic_client=AsyncAnthropic(base_url=URL, max_retries=0))
    said = {"metadata": {"tenant_id": "acme"}}

    def run(model: Any) -> None:
        asyncio.run(pydantic_ai.Agent(model).run("SECRET QUESTION", **said))

    def streamed(model: Any) -> None:
        async def go() -> None:
            async with pydantic_ai.Agent(model).run_stream("SECRET QUESTION", **said) as result:
                async for _ in result.stream_text():
                    pass

        asyncio.run(go())

    return {
        "openai-plain": lambda: run(OpenAIChatModel("gpt-4o-mini", provider=openai)),
        "openai-stream-usage": lambda: streamed(OpenAIChatModel("gpt-4o-mini", provider=openai)),
        "openai-429": lambda: run(OpenAIChatModel("gpt-4o-broken", provider=openai)),
        "openai-responses": lambda: run(OpenAIResponsesModel("gpt-4.1", provider=openai)),
        "anthropic-cached": lambda: run(AnthropicModel("claude-sonnet-4-5", provider=claude)),
        "anthropic-stream": lambda: streamed(AnthropicModel("claude-sonnet-4-5", provider=claude)),
        "anthropic-429": lambda: run(AnthropicModel("claude-broken", provider=claude)),
    }


def gateway_cases() -> dict[str, Callable[[], object]]:
    """The client's calls; `serve` answers them through LiteLLM in another process."""
    sdk: Any = import_module("openai")

    def chat(**asked: Any) -> None:
        client = sdk.OpenAI(base_url=os.environ["GATEWAY_URL"], max_retries=0)
        answer = client.chat.completions.create(messages=HELLO, **asked)
        if asked.get("stream"):
            for _ in answer:
                pass

    told: Any = {"stream": True, "stream_options": {"include_usage": True}}
    return {
        "openai-plain": lambda: chat(model="openai/gpt-4o-mini"),
        "openai-stream-usage": lambda: chat(model="openai/gpt-4o-mini", **told),
        "openai-429": lambda: chat(model="openai/gpt-4o-broken"),
        "anthropic-cached": lambda: chat(model="anthropic/claude-sonnet-4-5"),
        "anthropic-stream": lambda: chat(model="anthropic/claude-sonnet-4-5", **told),
    }


class Gateway(BaseHTTPRequestHandler):
    """What a LiteLLM proxy does: a server span that continues the caller's trace, and litellm.completion in it."""

    def do_POST(self) -> None:
        if self.path == "/settle":
            WATCH.settle("" if "v2" in NAMES else "litellm", seconds=12, quiet=1)
            flush: Any = trace.get_tracer_provider()
            flush.force_flush()
            self._send(200, "text/plain", "")
            return
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        base = URL if asked["model"].startswith("anthropic/") else f"{URL}/v1"
        caller = propagate.extract({key.lower(): value for key, value in self.headers.items()})
        tracer = trace.get_tracer("my.gateway")
        with tracer.start_as_current_span("POST /v1/chat/completions", context=caller, kind=trace.SpanKind.SERVER):
            try:
                answer = litellm_call(
                    "completion", api_base=base, api_key="test", num_retries=0, max_retries=0,
                    metadata={"user_api_key_team_id": "acme", "user_api_key_user_id": "u-1"}, **asked)  # fmt: skip
                if asked.get("stream"):
                    body = "".join(f"data: {chunk.model_dump_json()}\n\n" for chunk in answer) + "data: [DONE]\n\n"
                    self._send(200, "text/event-stream", body)
                else:
                    self._send(200, "application/json", answer.model_dump_json())
            except Exception as error:  # noqa: BLE001
                self._send(getattr(error, "status_code", 500), "application/json", '{"error": {"message": "no"}}')

    def _send(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def gateway() -> Iterator[None]:
    """A gateway in a child process, at $GATEWAY_URL."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.environ["OTEL_SERVICE_NAME"] = "captured-gateway"
        set_up([name for name in NAMES if name == "litellm"])
        server = HTTPServer(("127.0.0.1", 0), Gateway)
        os.write(writing, str(server.server_port).encode())
        os.close(writing)
        server.serve_forever()
    os.close(writing)
    with os.fdopen(reading) as port:
        os.environ["GATEWAY_URL"] = f"http://127.0.0.1:{port.read()}"
    try:
        yield
        post(f"{os.environ['GATEWAY_URL']}/settle")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def post(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, data=b"", method="POST")).read()


def run(name: str, case: Callable[[], object]) -> None:
    """One case: its calls, its spans, then its name to the server."""
    root = trace.get_tracer("my.app").start_as_current_span("handle") if "rooted" in NAMES else None
    try:
        with root or contextlib.nullcontext(), whose():
            case()
    except Exception:  # noqa: BLE001
        if not name.endswith(("429", "500")):
            traceback.print_exc()
    gc.collect()  # Logfire reports an abandoned stream when it is collected
    if "litellm" in NAMES and not {"gateway", "v2"} & set(NAMES):
        WATCH.settle("litellm", seconds=12, quiet=1)
    else:
        WATCH.settle("", seconds=2, quiet=0.3)
    flush: Any = trace.get_tracer_provider()
    flush.force_flush()


def main() -> None:
    if "litellm" not in NAMES:
        set_up(NAMES)
    for name, case in cases().items():
        if "litellm" not in NAMES:
            run(name, case)
            post(f"{URL}/case/{name}")
        elif child := os.fork():
            os.waitpid(child, 0)
            post(f"{URL}/case/{name}")
        else:
            with gateway() if "gateway" in NAMES else contextlib.nullcontext():
                set_up([part for part in NAMES if part != "litellm" or "gateway" not in NAMES])
                run(name, case)
            os._exit(0)
    sys.stdout.flush()
    os._exit(0)  # the peers' own exporters have nowhere to send to


main()
