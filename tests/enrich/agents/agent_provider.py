"""A provider that answers coding agents in Anthropic's, OpenAI's and Gemini's protocols, and remembers what it billed.

What it answers is scripted: a text, a call of a tool, or a refusal. It is an OTLP receiver too, and keeps what comes.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TEXT, TOOL, REFUSAL = "text", "tool", "refusal"
_SAID = "SECRET-CONTENT of an answer"
_ASKED = "echo SECRET-CONTENT"


@dataclass
class AgentProvider:
    """A running provider.

    Attributes:
        url: Where it is.
        script: What is answered next; texts, once it is used up.
        billed: What each answer was billed with, in the ledger's terms.
        told: What came over OTLP: signal, content type and body of each request.
        asked: The paths asked for.
    """

    url: str
    script: deque[str] = field(default_factory=deque)
    billed: list[dict[str, Any]] = field(default_factory=list)
    told: list[tuple[str, str, bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_answer(self, provider: str, model: str) -> tuple[str, int]:
        """What is answered, and the answer's number."""
        with self.lock:
            kind = self.script.popleft() if self.script else TEXT
            number = len(self.billed) + 1
            if kind != REFUSAL:
                self.billed.append({"provider": provider, "model": model, "number": number, **usage(provider, number)})
            return kind, number


def usage(provider: str, number: int) -> dict[str, int]:
    """What the call of a number is billed with: no two are alike."""
    return {
        "input_tokens": 5000 + number * 10,
        "cache_read_tokens": 3000 + number,
        "cache_write_tokens": 1000 + number if provider == "anthropic" else 0,
        "output_tokens": 60 + number,
        "reasoning_tokens": 0 if provider == "anthropic" else 20 + number,
    }


@contextmanager
def agent_provider() -> Iterator[AgentProvider]:
    """Serve on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    provider = AgentProvider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        provider: AgentProvider = self.server.provider  # type: ignore[attr-defined]
        body, path = self._body(), self.path.split("?")[0]
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        provider.asked.append(path)
        signal = path.rpartition("/")[2]
        if signal in {"traces", "logs", "metrics"}:
            provider.told.append((signal, self.headers.get("Content-Type", ""), body))
            self._send(200, self.headers.get("Content-Type", ""), b"{}" if body[:1] == b"{" else b"")
        elif path.endswith("/v1/messages"):
            self._answer(provider, "anthropic", json.loads(body)["model"], _anthropic)
        elif path.endswith("/responses"):
            self._answer(provider, "openai", json.loads(body)["model"], _openai)
        elif path.endswith(("GenerateContent", "generateContent")):
            self._answer(provider, "gemini", path.rpartition("/")[2].partition(":")[0], _gemini)
        else:
            self._send(200, "application/json", b"{}")

    def do_GET(self) -> None:
        self.server.provider.asked.append(self.path)  # type: ignore[attr-defined]
        self._send(200, "application/json", b'{"data": [], "models": []}')

    def do_HEAD(self) -> None:
        self._send(200, "application/json", b"")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, provider: AgentProvider, name: str, model: str, events_of: Any) -> None:
        kind, number = provider.next_answer(name, model)
        if kind == REFUSAL:
            error = {"type": "error", "error": {"type": "overloaded_error", "code": 503, "message": "not now",
                                                "status": "UNAVAILABLE"}}  # fmt: skip
            self._send(503, "application/json", json.dumps(error).encode())
            return
        events = events_of(kind, number, model, usage(name, number))
        said = "".join(
            (f"event: {event['type']}\n" if "type" in event else "") + f"data: {json.dumps(event)}\n\n"
            for event in events
        )
        self._send(200, "text/event-stream", said.encode(), {"request-id": f"req_{number:06}"})

    def _send(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("retry-after-ms", "1")
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def _anthropic(kind: str, number: int, model: str, used: dict[str, int]) -> list[dict[str, Any]]:
    counts = {
        "input_tokens": used["input_tokens"] - used["cache_read_tokens"] - used["cache_write_tokens"],
        "cache_read_input_tokens": used["cache_read_tokens"],
        "cache_creation_input_tokens": used["cache_write_tokens"],
    }
    message = {"id": f"msg_{number:06}", "type": "message", "role": "assistant", "model": model, "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": {**counts, "output_tokens": 1}}  # fmt: skip
    if kind == TOOL:
        block = {"type": "tool_use", "id": f"toolu_{number:06}", "name": "Bash", "input": {}}
        asked = json.dumps({"command": _ASKED, "description": "says so"})
        delta = {"type": "input_json_delta", "partial_json": asked}
    else:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": _SAID}
    reason = {"stop_reason": "tool_use" if kind == TOOL else "end_turn", "stop_sequence": None}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": reason, "usage": {**counts, "output_tokens": used["output_tokens"]}},
        {"type": "message_stop"},
    ]


def _openai(kind: str, number: int, model: str, used: dict[str, int]) -> list[dict[str, Any]]:
    if kind == TOOL:
        item = {"type": "function_call", "id": f"fc_{number:06}", "call_id": f"c_{number:06}", "name": "exec_command",
                "arguments": json.dumps({"cmd": _ASKED}), "status": "completed"}  # fmt: skip
    else:
        item = {"type": "message", "id": f"msg_{number:06}", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": _SAID, "annotations": []}]}  # fmt: skip
    answer = {"id": f"resp_{number:06}", "object": "response", "model": model, "status": "in_progress", "output": []}
    counts = {
        "input_tokens": used["input_tokens"],
        "input_tokens_details": {"cached_tokens": used["cache_read_tokens"]},
        "output_tokens": used["output_tokens"],
        "output_tokens_details": {"reasoning_tokens": used["reasoning_tokens"]},
        "total_tokens": used["input_tokens"] + used["output_tokens"],
    }
    return [
        {"type": "response.created", "response": answer},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed",
         "response": {**answer, "status": "completed", "output": [item], "usage": counts}},
    ]  # fmt: skip


def _gemini(kind: str, number: int, model: str, used: dict[str, int]) -> list[dict[str, Any]]:
    part: dict[str, Any] = {"text": _SAID}
    if kind == TOOL:
        part = {"functionCall": {"name": "list_directory", "args": {"dir_path": "."}}}
    counts = {
        "promptTokenCount": used["input_tokens"],
        "cachedContentTokenCount": used["cache_read_tokens"],
        "candidatesTokenCount": used["output_tokens"] - used["reasoning_tokens"],
        "thoughtsTokenCount": used["reasoning_tokens"],
        "totalTokenCount": used["input_tokens"] + used["output_tokens"],
    }
    candidate = {"content": {"role": "model", "parts": [part]}, "index": 0, "finishReason": "STOP"}
    return [
        {"candidates": [candidate], "usageMetadata": counts, "modelVersion": model, "responseId": f"gem{number:06}"}
    ]
