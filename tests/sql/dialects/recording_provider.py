"""A provider that answers each call differently and remembers what it billed, beside an OTLP receiver.

The answers are those of the fake provider of the collector's tests, with an id and a usage of their own a call. What
the provider billed is the truth that captured spans are compared with.
"""

import copy
import gzip
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "collector"))
from fake_provider import CHAT_CHUNKS, CHAT_COMPLETION, EMBEDDINGS, MESSAGE, MESSAGE_EVENTS, RESPONSE, RESPONSE_EVENTS

_ID = "Zq7vK2mXw9Lr4TnB8sYd"


@dataclass
class Case:
    """What one case sent: OTLP requests as they came, and what the provider billed meanwhile."""

    otlp: list[bytes] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Recording:
    """A running server; `cases` fills as the app names them."""

    url: str
    cases: dict[str, Case] = field(default_factory=dict)
    current: Case = field(default_factory=Case)
    calls: int = 0
    refusals: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def recording_provider() -> Iterator[Recording]:
    """Serve OpenAI's and Anthropic's endpoints and OTLP on one port.

    The model decides: "gpt-4o-broken" gets 429, "gpt-4o-down" 500, "gpt-4o-flaky" 429 twice before its answer, names
    with "tools" a tool call. POST /case/NAME says that what arrived since the last such call belongs to NAME.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    recording = Recording(f"http://127.0.0.1:{server.server_port}")
    server.recording = recording  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield recording
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        recording: Recording = self.server.recording  # type: ignore[attr-defined]
        body = self._body()
        path = self.path.split("?")[0]
        with recording.lock:
            if path.startswith("/case/"):
                recording.cases[path.removeprefix("/case/")] = recording.current
                recording.current = Case()
                self._send(200, "text/plain", "")
            elif path.endswith("/v1/traces"):
                recording.current.otlp.append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
                self._send(200, "application/x-protobuf", "")
            elif path.startswith("/v1/") and body[:1] == b"{":
                self._answer(recording, path, json.loads(body))
            else:
                self._send(200, "application/json", "{}")

    def do_GET(self) -> None:
        self._send(200, "application/json", "{}")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, recording: Recording, path: str, request: dict[str, Any]) -> None:
        model = request["model"]
        call = {
            "provider": "anthropic" if path == "/v1/messages" else "openai",
            "request_model": model,
            "stream": bool(request.get("stream")),
            "operation": "embeddings" if "embed" in path else "chat",
        }
        refusal = 500 if "down" in model else 429 if "broken" in model else 0
        if "flaky" in model:
            recording.refusals += 1
            refusal = 429 if recording.refusals % 3 else 0
        if refusal:
            if "flaky" not in model:
                recording.current.calls.append(call | {"status": "error", "usage_on_wire": False})
            kind = "rate_limit_error" if refusal == 429 else "api_error"
            error = {"type": "error", "error": {"type": kind, "message": "slow down", "code": kind}}
            self._send(refusal, "application/json", json.dumps(error))
            return
        recording.calls += 1
        number = recording.calls
        whole, events = _made(path, number, request)
        told = (
            not request.get("stream")
            or path != "/v1/chat/completions"
            or bool((request.get("stream_options") or {}).get("include_usage"))
        )
        recording.current.calls.append(
            call | {"status": "ok", "usage_on_wire": told, "response_id": whole.get("id", "")} | _billed(path, whole)
        )
        if request.get("stream"):
            if not told:
                events = [event for event in events if not (isinstance(event, dict) and event.get("usage"))]
            self._send(200, "text/event-stream", "".join(map(_server_sent, events)))
        else:
            self._send(200, "application/json", json.dumps(whole))

    def _send(self, status: int, kind: str, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("retry-after-ms", "1")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args: Any) -> None:
        pass


def _made(path: str, number: int, request: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    model = request["model"]
    if path == "/v1/embeddings":
        answer = copy.deepcopy(EMBEDDINGS) | {"usage": {"prompt_tokens": 8 + number, "total_tokens": 8 + number}}
        return answer, []
    if path == "/v1/messages":
        answer = copy.deepcopy(MESSAGE) | {"id": f"msg_01{_ID}{number:04d}"}
        if "plain" in model:
            answer["usage"] = {"input_tokens": 500 + number, "output_tokens": 70 + number, "service_tier": "standard",
                               "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}  # fmt: skip
        answer["usage"]["input_tokens"] += number
        if "tools" in model:
            answer["stop_reason"] = "tool_use"
            answer["content"] = [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Ulm"}}]
        events = copy.deepcopy(MESSAGE_EVENTS)
        start: Any = events[0]
        start["message"] |= {"id": answer["id"], "usage": answer["usage"] | {"output_tokens": 1}}
        finish: Any = events[-2]
        finish["usage"] = {"output_tokens": answer["usage"]["output_tokens"]}
        return answer, events
    if path == "/v1/responses":
        answer = copy.deepcopy(RESPONSE) | {"id": f"resp_67{_ID}{number:04d}"}
        answer["usage"]["input_tokens"] += number
        answer["usage"]["total_tokens"] += number
        events = copy.deepcopy(RESPONSE_EVENTS)
        events[0]["response"] = answer | {"status": "in_progress", "usage": None}
        events[-1]["response"] = answer
        return answer, events
    answer = copy.deepcopy(CHAT_COMPLETION) | {"id": f"chatcmpl-{_ID}{number:04d}"}
    answer["usage"]["prompt_tokens"] += number
    answer["usage"]["total_tokens"] += number
    if "tools" in model:
        call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Ulm"}'}}
        answer["choices"][0] |= {
            "finish_reason": "tool_calls",
            "message": {"role": "assistant", "content": None, "tool_calls": [call]},
        }
    chunks: list[Any] = copy.deepcopy(CHAT_CHUNKS)
    for chunk in chunks:
        chunk["id"] = answer["id"]
    chunks[-1]["usage"] = answer["usage"]
    return answer, [*chunks, "[DONE]"]


def _billed(path: str, whole: dict[str, Any]) -> dict[str, Any]:
    """The usage in the ledger's terms: the whole prompt with cached tokens, output with reasoning."""
    usage = whole["usage"]
    if path == "/v1/messages":
        read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
        return {
            "response_model": whole["model"],
            "input_tokens": usage["input_tokens"] + read + written,
            "cache_read_tokens": read,
            "cache_write_tokens": written,
            "output_tokens": usage["output_tokens"],
            "reasoning_tokens": usage.get("output_tokens_details", {}).get("thinking_tokens", 0),
        }
    incoming = usage.get("prompt_tokens_details", usage.get("input_tokens_details", {}))
    outgoing = usage.get("completion_tokens_details", usage.get("output_tokens_details", {}))
    return {
        "response_model": whole["model"],
        "input_tokens": usage.get("prompt_tokens", usage.get("input_tokens")),
        "cache_read_tokens": incoming.get("cached_tokens", 0),
        "cache_write_tokens": incoming.get("cache_write_tokens", 0),
        "output_tokens": usage.get("completion_tokens", usage.get("output_tokens", 0)),
        "reasoning_tokens": outgoing.get("reasoning_tokens", 0),
    }


def _server_sent(event: Any) -> str:
    if isinstance(event, str):
        return f"data: {event}\n\n"
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n"
