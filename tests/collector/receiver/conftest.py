"""A receiver on a real spool, spoken to without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from spanledger_collector import otlp_http
from spanledger_collector.admission import Admission
from spanledger_collector.spool.spool import Spool
from spanledger_settings.access_token import TokenFile


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", segment_spans=50_000, segment_seconds=60, max_bytes=2**30)
    yield spool
    spool.close()


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    return TokenFile(tmp_path / "tokens.json")


@pytest.fixture
def send(spool: Spool, tokens: TokenFile) -> Callable[..., httpx.Response]:
    """Sends to a receiver whose senders are those of `tokens`, as they were at the first request."""
    import anyio

    app: list[object] = []

    def post(body: bytes, token: str = "", **headers: str) -> httpx.Response:
        if not app:
            app.append(otlp_http.receiver(spool, max_request_bytes=2**24, admission=Admission(tokens)))

        async def exchange() -> httpx.Response:
            given = {"content-type": "application/x-protobuf", **headers}
            if token:
                given["authorization"] = f"Bearer {token}"
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app[0]), base_url="http://node") as client:
                return await client.post("/v1/traces", content=body, headers=given)

        return anyio.run(exchange)

    return post
