"""An answer over HTTP that comes within a time, its headers included, or not at all.

The patience of a socket is with each piece of an answer: one byte a second would hold the only thread for days.
"""

import contextlib
import http.client
import io
import socket
import ssl
import time
from functools import partial
from typing import Any, cast
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener


def answer_within(
    seconds: float, url: str, headers: dict[str, str], *, context: ssl.SSLContext | None, most_bytes: int
) -> bytes:
    """The body of an answer; what is longer than ``most_bytes`` is cut off.

    Raises:
        OSError: It cannot be reached, answers with an error or elsewhere, or has not ended its answer in time.
    """
    until = time.monotonic() + seconds
    opener = build_opener(_NoRedirect(), _Plain(until), _Tls(until, context))
    answer = b""
    with opener.open(Request(url, headers=headers), timeout=seconds) as arriving:  # noqa: S310 (settings hold http and https alone)
        while len(answer) < most_bytes and (piece := arriving.read1(2**16)):
            answer += piece
    return answer


class _NoRedirect(HTTPRedirectHandler):
    """Elsewhere nobody is to see the token: a redirect is a failure."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Plain(HTTPHandler):
    def __init__(self, until: float) -> None:
        super().__init__()
        self._connection = partial(_connection, http.client.HTTPConnection, until)

    def http_open(self, req: Request) -> Any:
        return self.do_open(self._connection, req)


class _Tls(HTTPSHandler):
    def __init__(self, until: float, context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._trust = context
        self._connection = partial(_connection, http.client.HTTPSConnection, until)

    def https_open(self, req: Request) -> Any:
        return self.do_open(self._connection, req, context=self._trust)


def _connection(kind: Any, until: float, host: str, **given: Any) -> Any:
    made = kind(host, **given)
    made.response_class = partial(_response, until)
    return made


def _response(until: float, sock: socket.socket, *given: Any, **named: Any) -> http.client.HTTPResponse:
    # All that it asks of a socket is a file.
    return http.client.HTTPResponse(cast("socket.socket", _Hurried(sock, until)), *given, **named)


class _Hurried:
    """A socket to a response: what it reads has come by a moment."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Arriving(self._sock, self._until))


class _Arriving(io.RawIOBase):
    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until
        # As long as it is open, so is the connection, whoever closes the socket.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        with contextlib.suppress(TimeoutError):
            if left > 0:
                self._sock.settimeout(left)
                return self._raw.readinto(buffer)
        raise TimeoutError("it does not end its answer")

    def close(self) -> None:
        self._raw.close()
        super().close()
