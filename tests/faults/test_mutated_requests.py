"""Requests that were damaged on their way: each gets an answer that OTLP knows, and what is acknowledged is stored.

SPANLEDGER_FUZZ_SEEDS says how many times; `make fuzz` does it for minutes.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import zstandard
from harness.books import Books
from harness.spooled import commit, spool_of

from spanledger_collector.otlp_http import JSON, PROTOBUF, receiver

_FIXTURES = Path(__file__).parents[1] / "fixtures"
_SEEDS = int(os.environ.get("SPANLEDGER_FUZZ_SEEDS") or 2)
_ROUNDS = 300
_PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, "gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress, "br": bytes,
}  # fmt: skip
_KNOWN = {200, 400, 408, 413, 415, 429, 503}


@pytest.fixture(scope="module")
def whole() -> list[tuple[str, str, bytes]]:
    """Requests of the captures: their signal, content type and body."""
    found = [("traces", PROTOBUF, path.read_bytes()) for path in sorted(_FIXTURES.glob("dialects/*/*.pb"))[::9]]
    for path in sorted(_FIXTURES.glob("agents/*/*-*")):
        signal = path.name.partition("-")[0]
        if path.suffix in {".pb", ".json"} and signal in {"traces", "logs", "metrics"}:
            found.append((signal, JSON if path.suffix == ".json" else PROTOBUF, path.read_bytes()))
    return [one for one in found if one[2]]


def damaged(draw: random.Random, body: bytes) -> bytes:
    """The body with some bytes changed, taken out, repeated or put in."""
    changed = bytearray(body)
    for _ in range(draw.choice((0, 1, 1, 2, 5, 40))):
        at = draw.randrange(len(changed) + 1)
        match draw.randrange(5):
            case 0:
                changed[at : at + 1] = draw.randbytes(1)
            case 1:
                del changed[at : at + draw.randrange(1, 30)]
            case 2:
                changed[at:at] = changed[at : at + draw.randrange(1, 300)]
            case 3:
                changed[at:at] = draw.choice((b"\xff" * 10, b"\x00" * 9, b'{"', b"]", b"1e999", b"\xed\xa0\x80", b"-0"))
            case _:
                changed[at:] = changed[at : at + draw.randrange(200)]
    return bytes(changed)


def test_the_captures_are_of_every_kind(whole: list[tuple[str, str, bytes]]) -> None:
    assert {signal for signal, _, _ in whole} == {"traces", "logs", "metrics"}
    assert {kind for _, kind, _ in whole} == {PROTOBUF, JSON}


@pytest.mark.parametrize("seed", range(_SEEDS))
def test_damaged_requests_get_an_answer_and_stop_nothing(
    fresh_books: Books, whole: list[tuple[str, str, bytes]], seed: int
) -> None:
    draw = random.Random(f"mutated {seed}")
    spool = spool_of(fresh_books.configuration, segment_seconds=0.05)
    app = receiver(spool, max_request_bytes=2**22)
    seen: dict[int, int] = {}

    async def send() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://node") as client:
            for _ in range(_ROUNDS):
                signal, kind, body = draw.choice(whole)
                coding = draw.choice(list(_PACKED))
                packed = _PACKED[coding](damaged(draw, body))
                if draw.random() < 0.1:
                    packed = damaged(draw, packed)
                headers = {"content-type": kind, **({"content-encoding": coding} if coding else {})}
                answer = await client.post(f"/v1/{signal}", content=packed, headers=headers)
                seen[answer.status_code] = seen.get(answer.status_code, 0) + 1

    asyncio.run(send())
    assert seen.keys() <= _KNOWN, seen
    assert seen[200] > _ROUNDS / 10
    assert seen[400] > _ROUNDS / 10
    committer = commit(fresh_books.store, spool)
    assert (committer.problem, committer.alive, committer.unreadable) == ("", False, 0)
    fresh_books.enrich()
    [told] = fresh_books.report("operations/backlog")
    assert told["llm_spans"] == 0
