"""A local server that answers as OpenAI and Anthropic document, for their real SDKs to talk to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHAT_COMPLETION = {
    "id": "chatcmpl-B9MBs8",
    "object": "chat.completion",
    "created": 1741569952,
    "model": "gpt-4o-mini-2024-07-18",
    "service_tier": "default",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "SECRET ANSWER", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {
        "prompt_tokens": 2006,
        "completion_tokens": 300,
        "total_tokens": 2306,
        "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 128,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    },
}
RESPONSE = {
    "id": "resp_67ccd2bed1ec",
    "object": "response",
    "created_at": 1741476542,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "model": "gpt-4.1-2025-04-14",
    "output": [
        {
            "type": "message",
            "id": "msg_67ccd2bf17f0",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "SECRET ANSWER", "annotations": []}],
        }
    ],
    "parallel_tool_calls": True,
    "service_tier": "flex",
    "tool_choice": "auto",
    "tools": [],
    "usage": {
        "input_tokens": 328,
        "input_tokens_details": {"cached_tokens": 256, "cache_write_tokens": 40},
        "output_tokens": 52,
        "output_tokens_details": {"reasoning_tokens": 20},
        "total_tokens": 380,
    },
}
EMBEDDINGS = {
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.0023, -0.0093]}],
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 8, "total_tokens": 8},
}
MESSAGE = {
    "id": "msg_013Zva2CMHLNnXjNJJKqJ2EF",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5-20250929",
    "content": [{"type": "text", "text": "SECRET ANSWER"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 50,
        "cache_read_input_tokens": 1800,
        "cache_creation_input_tokens": 248,
        "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
        "output_tokens": 503,
        "output_tokens_details": {"thinking_tokens": 200},
        "service_tier": "standard",
    },
}
CHAT_CHUNKS = [
    {
        "id": "chatcmpl-9",
        "object": "chat.completion.chunk",
        "created": 1741569952,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}],
        "usage": None,
    }
    for word in ("SECRET", " ANSWER")
] + [
    {
        "id": "chatcmpl-9",
        "object": "chat.completion.chunk",
        "created": 1741569952,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        "usage": None,
    },
    {
        "id": "chatcmpl-9",
        "object": "chat.completion.chunk",
        "created": 1741569952,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [],
        "usage": CHAT_COMPLETION["usage"],
    },
]
MESSAGE_EVENTS = [
    {
        "type": "message_start",
        "message": MESSAGE | {"content": [], "stop_reason": None, "usage": MESSAGE["usage"] | {"output_tokens": 1}},  # type: ignore[operator]
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "SECRET ANSWER"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 503},
    },
    {"type": "message_stop"},
]
RESPONSE_EVENTS = [
    {"type": "response.created", "sequence_number": 0, "response": RESPONSE | {"status": "in_progress", "usage": None}},
    {
        "type": "response.output_text.delta",
        "sequence_number": 1,
        "item_id": "msg_67ccd2bf17f0",
        "output_index": 0,
        "content_index": 0,
        "delta": "SECRET ANSWER",
        "logprobs": [],
    },
    {"type": "response.completed", "sequence_number": 2, "response": RESPONSE},
]
ANSWERS: dict[str, tuple[Any, list[Any]]] = {
    "/v1/chat/completions": (CHAT_COMPLETION, [*CHAT_CHUNKS, "[DONE]"]),
    "/v1/responses": (RESPONSE, RESPONSE_EVENTS),
    "/v1/embeddings": (EMBEDDINGS, []),
    "/v1/messages": (MESSAGE, MESSAGE_EVENTS),
}


@contextmanager
def fake_provider() -> Iterator[str]:
    """Gives the server's base URL.

    The model decides the answer: "broken" gets status 429, "down" 500, "flaky" 429 twice before each answer;
    "truncated" is cut off at the token limit, "tools" calls a tool.
    """
    refused: list[int] = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for the answer

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            whole, events = ANSWERS[self.path.split("?")[0]]
            model = request["model"]
            if model == "flaky":
                refused[0] += 1
            if model == "broken" or (model == "flaky" and refused[0] % 3):
                self._send(429, "application/json", json.dumps({"error": {"message": "slow down"}}))
            elif model == "down":
                self._send(500, "application/json", json.dumps({"error": {"message": "out of order"}}))
            elif model in _FINISHED_OTHERWISE and not request.get("stream"):
                self._send(200, "application/json", json.dumps(_finished(whole, _FINISHED_OTHERWISE[model])))
            elif request.get("stream"):
                self._send(200, "text/event-stream", "".join(_server_sent(event) for event in events))
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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _finished(whole: dict[str, Any], reason: str) -> dict[str, Any]:
    if "choices" in whole:
        return whole | {"choices": [whole["choices"][0] | {"finish_reason": reason}]}
    return whole | {"stop_reason": {"length": "max_tokens", "tool_calls": "tool_use"}[reason]}


_FINISHED_OTHERWISE = {"truncated": "length", "tools": "tool_calls"}


def _server_sent(event: Any) -> str:
    if isinstance(event, str):
        return f"data: {event}\n\n"
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event)}\n\n"
