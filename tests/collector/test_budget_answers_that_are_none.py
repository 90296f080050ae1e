"""What answers a question about a budget may be anything: none of it raises into the app, and none closes it."""

from __future__ import annotations

import contextlib
import http.server
import json
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import spanledger
from spanledger import budget as asking

ONE = {"budget": "b", "unit": "usd", "every": "day", "amount": "10", "used": "9", "remaining": "-9"}


def said(**changed: Any) -> bytes:
    return json.dumps({"tenant": "acme", "budgets": [{**ONE, **changed}]}).encode()


ANSWERS: dict[str, tuple[int, bytes]] = {
    "an error": (500, said()),
    "no text": (200, b"\x00\xff\xfe"),
    "a page": (200, b"<html></html>"),
    "a list": (200, b"[]"),
    "no budgets": (200, b'{"tenant": "acme", "budgets": null}'),
    "another tenant's": (200, said().replace(b"acme", b"globex")),
    "NaN": (200, said(remaining="NaN")),
    "a signalling NaN": (200, said(remaining="sNaN")),
    "less than any number": (200, said(remaining="-Infinity")),
    "a truth value": (200, said(remaining=False)),
    "lists in lists": (200, b"[" * 100_000),
    "no end": (200, b" " * 3_000_000 + said()),
    "elsewhere": (302, b""),
}


class Answering(http.server.ThreadingHTTPServer):
    answer: tuple[int, bytes] = (200, said())
    elsewhere = ""
    pause_s = 0.0
    pause_in_headers_s = 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        status, body = self.server.answer
        if self.server.pause_in_headers_s:
            self.server.asked.append(self.headers["authorization"])
            with contextlib.suppress(OSError):  # nobody listens any more
                for byte in b"HTTP/1.1 200 OK\r\nx-padding: " + b"x" * 1000:
                    self.wfile.write(bytes([byte]))
                    time.sleep(self.server.pause_in_headers_s)
            return
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if status == 302:
            self.send_header("location", f"{self.server.elsewhere}/v1/budgets/remaining")
        self.end_headers()
        # Noted first: who reads the answer may be faster than this thread.
        self.server.asked.append(self.headers["authorization"])
        if not self.server.pause_s:
            self.wfile.write(body)
            return
        with contextlib.suppress(OSError):  # nobody listens any more
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(self.server.pause_s)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def servers() -> Iterator[tuple[Answering, Answering]]:
    with Answering() as one, Answering() as other:
        for server in (one, other):
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        one.elsewhere = other.address
        yield one, other
        one.shutdown()
        other.shutdown()


def ask_until_answered(server: Answering) -> spanledger.RemainingBudget:
    asking._start_over()
    found = spanledger.remaining_budget(tenant="acme")
    for _ in range(1000):
        if server.asked and not asking._asker._at_work:
            break
        time.sleep(0.01)
    assert server.asked
    return spanledger.remaining_budget(tenant="acme") if not found.known else found


def told_anew(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Hear what is told once for each kind, whatever commands set in this process before."""
    monkeypatch.setattr("spanledger.guard._counts", {})
    caplog.set_level(logging.WARNING, "spanledger")


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_is_no_answer_leaves_it_open(servers, kind, monkeypatch):
    node, elsewhere = servers
    node.answer = ANSWERS[kind]
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", node.address)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret")
    found = ask_until_answered(node)
    assert (found.known, found.exhausted, found.left()) == (False, False, None)
    assert node.asked == ["Bearer secret"]
    assert elsewhere.asked == []


def test_an_answer_is_believed(servers, monkeypatch):
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", servers[0].address)
    found = ask_until_answered(servers[0])
    assert (found.known, found.exhausted, found.left()) == (True, True, -9)


def test_a_tenant_that_has_no_name_raises_nothing():
    class Nameless:
        def __str__(self) -> str:
            raise ValueError("no name")

    found = spanledger.remaining_budget(tenant=Nameless())  # type: ignore[arg-type]
    assert (found.known, found.exhausted) == (False, False)


def test_a_name_and_password_of_the_address_are_shown_and_not_looked_up(servers, monkeypatch):
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", servers[0].address.replace("://", "://me:s%40cret@"))
    found = ask_until_answered(servers[0])
    assert (found.known, servers[0].asked) == (True, ["Basic bWU6c0BjcmV0"])


TOLD = {
    "a wrong token": ((401, b"{}"), "answers 401 (Unauthorized); check the token"),
    "no node": ((404, b""), "answers 404 (Not Found); check the address"),
    "elsewhere": ((302, b""), "answers 302 (Found)"),
    "a page": ((200, b"<html></html>"), "answers what is no budget (JSONDecodeError"),
}


def test_each_kind_of_refusal_is_told_once_with_its_address(servers, monkeypatch, caplog):
    told_anew(monkeypatch, caplog)
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", servers[0].address.replace("://", "://me:secret@"))
    for _ in range(2):
        for answer, _ in TOLD.values():
            servers[0].answer = answer
            servers[0].asked.clear()
            assert not ask_until_answered(servers[0]).known
    for (_, expected), record in zip(TOLD.values(), caplog.records, strict=True):
        assert f"{servers[0].address}/v1/budgets/remaining {expected}" in record.message
        assert "secret" not in record.message


def test_an_answer_without_an_end_does_not_hold_up_the_next_question(servers, monkeypatch):
    monkeypatch.setattr(asking, "_PATIENCE_S", 0.3)
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", servers[0].address)
    servers[0].pause_s = 0.1
    began = time.monotonic()
    found = ask_until_answered(servers[0])
    # It came piece by piece, each in time; all of it takes ten seconds.
    assert (found.known, time.monotonic() - began < 5) == (False, True)
    servers[0].pause_s = 0.0
    assert ask_until_answered(servers[0]).known


def test_headers_that_trickle_do_not_hold_up_the_next_question(servers, monkeypatch, caplog):
    told_anew(monkeypatch, caplog)
    monkeypatch.setattr(asking, "_PATIENCE_S", 0.3)
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", servers[0].address)
    servers[0].pause_in_headers_s = 0.02
    began = time.monotonic()
    found = ask_until_answered(servers[0])
    # All of them take twenty seconds.
    assert (found.known, time.monotonic() - began < 5) == (False, True)
    assert "cannot be reached: it does not end its answer" in caplog.records[0].message
    servers[0].pause_in_headers_s = 0.0
    assert ask_until_answered(servers[0]).known


def test_who_waits_for_an_answer_is_forgotten_with_the_others(monkeypatch):
    monkeypatch.setattr(asking, "_MOST_TENANTS", 10)
    asking._start_over()
    asking._asker._at_work = True  # with the first of them, which is not answered
    for n in range(100):
        spanledger.remaining_budget(tenant=f"t{n}")
    assert len(asking._asker._waiting) <= 10
