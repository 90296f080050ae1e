"""How the grid's APIs are asked: at a limited rate, again after what passes, and with errors that say what to do."""

from __future__ import annotations

import email.utils
import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from spanledger_settings.mendable import MendableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Reply = TypeVar("Reply", bound=BaseModel)

_PASSING = {408, 425, 429, 500, 502, 503, 504}
# A source that wants a longer pause than this is asked again by a later run.
_LONGEST_WAIT_SECONDS = 300.0


class GridSourceError(MendableError):
    """A source of intensities gave no usable answer; the message says which, what, and how to mend it."""


class GridKeyRefusedError(GridSourceError):
    """The source knows no such key or login: further questions are in vain."""


class GridHttp:
    """A connection to one API.

    Args:
        name: What the source is called in errors.
        url: The base of its addresses.
        credentials: What to set, and where, when the source refuses the key.
        attempts: How often a question is asked when the answer is 429 or 5xx, or none comes.
        per_second: At most so many questions a second.
        timeout_seconds: For a connection and for each part of an answer.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        credentials: str = "",
        attempts: int = 6,
        per_second: float = 5.0,
        timeout_seconds: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._credentials = credentials
        self._attempts = attempts
        self._pause = 1 / per_second
        self._sleep = sleep
        self._next = 0.0
        self._backoff = wait_exponential_jitter(initial=1, max=60, jitter=1)
        self._client = httpx.Client(
            base_url=url, timeout=timeout_seconds, headers={"Accept": "application/json", "User-Agent": "spanledger"}
        )

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> httpx.Response:
        """The answer to a question, once it is 200.

        Raises:
            GridKeyRefusedError: The answer is 401.
            GridSourceError: It is another error, or it still is 429 or 5xx, or none came, after the last attempt.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(_PassingError),
            stop=stop_after_attempt(self._attempts),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(self._ask, path, params, headers, auth)
        except _PassingError as error:
            raise GridSourceError(f"{self.name}: {error}; asked {self._attempts} times; try again later") from None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _ask(
        self,
        path: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        auth: tuple[str, str] | None,
    ) -> httpx.Response:
        self._keep_to_the_rate()
        try:
            response = self._client.get(path, params=params, headers=headers, auth=auth)
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise _PassingError(f"no answer from {self._client.base_url}: {reason}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise GridSourceError(f"{self.name}: cannot ask {self._client.base_url}: {error}") from None
        status = response.status_code
        if status == 200:
            return response
        said = _said(response)
        if status in _PASSING:
            wait = _retry_after(response)
            if wait is not None and wait > _LONGEST_WAIT_SECONDS:
                raise GridSourceError(f"{self.name}: answered {status} and asks to wait {wait:.0f} s; run again then")
            raise _PassingError(f"answered {status}{said}", wait)
        if status == 401:
            raise GridKeyRefusedError(f"{self.name}: refused the key (401){said}; {self._credentials}")
        if status == 403:
            raise GridSourceError(f"{self.name}: does not allow this with the given key (403){said}")
        raise GridSourceError(f"{self.name}: answered {status}{said}")

    def _keep_to_the_rate(self) -> None:
        now = time.monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._pause

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _PassingError) and error.wait_seconds is not None:
            return error.wait_seconds
        return self._backoff(state)


class _PassingError(Exception):
    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def parsed(model: type[Reply], response: httpx.Response, name: str) -> Reply:
    """The answer's body as ``model``.

    Raises:
        GridSourceError: It is not JSON, or of another shape.
    """
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        kind = response.headers.get("content-type", "")
        where = f"{field}: " if field else ""
        path = response.url.path
        raise GridSourceError(
            f"{name}: the answer to {path} is not understood: {where}{first['msg']} ({kind or 'no type'}); "
            "is the address right?"
        ) from None


def utc(moment: datetime) -> str:
    """A time as the APIs write it: 2024-01-01T00:00:00Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the header Retry-After asks for, as a number or as a date."""
    text = response.headers.get("retry-after", "")
    with suppress(ValueError):
        return max(float(text), 0.0)
    with suppress(ValueError):
        return max((email.utils.parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def _said(response: httpx.Response) -> str:
    """What a refusal says for itself, in one line."""
    with suppress(ValueError):
        body = json.loads(response.content)
        for name in ("error", "message", "detail"):
            text = body.get(name) if isinstance(body, dict) else None
            text = text.get("message") if isinstance(text, dict) else text
            if isinstance(text, str):
                return f": {' '.join(text.split())[:200]}"
    return ""
