"""Who may send: bearer tokens, the tenant that each writes for, and how much of it."""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from spanledger_collector.pinning import pinned, unpinned
from spanledger_settings.access_token import TokenError

if TYPE_CHECKING:
    from spanledger_collector.export_request import ExportRequest
    from spanledger_settings.access_token import Holder, Secret, TokenFile

logger = logging.getLogger(__name__)

_LOOK_AGAIN_S = 1.0
# So many seconds of its rate may a sender send at once, having sent nothing before.
_BURST_S = 10.0


class NotAdmitted(Exception):
    """No token, or none that is valid. The message never holds what was sent."""


class TooFast(Exception):
    """A token's rate is used up; the message says so.

    Attributes:
        retry_after_s: When it may be tried again.
    """

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass
class Sender:
    """Somebody who may send: nobody in particular where no tokens are asked for.

    Attributes:
        tenant: Whose all is that he sends; None: what the spans say.
        rate: Spans per second; 0: any number.
    """

    name: str = ""
    tenant: str | None = None
    rate: float = 0.0
    _left: float = field(default=0.0, init=False)
    _since: float = field(default=0.0, init=False)

    def marked(self, export: ExportRequest) -> ExportRequest:
        """The request with the sender's tenant on it, and no other; counted against his rate."""
        self._left -= export.spans
        return unpinned(export) if self.tenant is None else pinned(export, self.tenant)

    def check_rate(self) -> None:
        """See whether he may send now: a request is taken whole, and what is too much of it is waited for after.

        Raises:
            TooFast: Not yet.
        """
        if not self.rate:
            return
        now = time.monotonic()
        full = self.rate * _BURST_S
        self._left = full if not self._since else min(full, self._left + (now - self._since) * self.rate)
        self._since = now
        if self._left <= 0:
            raise TooFast(
                f"the token {self.name!r} may send {self.rate:,g} spans a second", max(1.0, -self._left / self.rate)
            )


class Admission:
    """Admits senders by the file of tokens, which is read again once it changes.

    Args:
        tokens: The file; where it is not there, everybody may send, and every tenant's.
        spans_per_second: The rate of tokens that have none of their own; 0: any.
    """

    def __init__(self, tokens: TokenFile | None = None, spans_per_second: float = 0.0) -> None:
        self._tokens = tokens
        self._rate = spans_per_second
        self._anybody = Sender()
        self._state: object = None
        self._look_again_at = 0.0
        self._asks = False
        self._by_hash: dict[bytes, tuple[Sender, Secret]] = {}
        self._senders: dict[tuple[str, str | None, float], Sender] = {}
        self._look()

    @property
    def asks_for_tokens(self) -> bool:
        """Whether nothing is taken without a token."""
        self._look()
        return self._asks

    def admit(self, authorization: str) -> Sender:
        """The sender of a request with this ``Authorization`` header.

        Raises:
            NotAdmitted: It holds no valid token, and one is asked for.
            TooFast: The token's rate is used up.
        """
        if not self.asks_for_tokens:
            return self._anybody
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAdmitted(
                "a token is needed: OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer%20TOKEN'; "
                "'spanledger token create' makes one"
            )
        found = self._by_hash.get(hashlib.sha256(token.strip().encode()).digest())
        if found is None or not found[1].valid_at(datetime.now(UTC)):
            raise NotAdmitted("the token is not known, or not valid any more")
        found[0].check_rate()
        return found[0]

    def _look(self) -> None:
        if self._tokens is None or time.monotonic() < self._look_again_at:
            return
        self._look_again_at = time.monotonic() + _LOOK_AGAIN_S
        try:
            status = self._tokens.path.stat()
        except FileNotFoundError:
            if self._asks and self._state is not None:
                logger.warning("%s is gone: no token is valid until it is back", self._tokens.path)
                self._by_hash, self._state = {}, None
            return
        except OSError as error:
            self._close(str(error))
            return
        state = (status.st_mtime_ns, status.st_ino, status.st_size)
        if state == self._state:
            return
        try:
            holders = self._tokens.holders()
        except TokenError as error:
            self._close(str(error))
            return
        self._state, self._asks = state, True
        self._by_hash = {
            bytes.fromhex(secret.sha256): (self._sender(holder), secret)
            for holder in holders
            for secret in holder.secrets
        }

    def _close(self, reason: str) -> None:
        """A file that cannot be read opens nothing."""
        logger.error("no token is valid: %s", reason)
        self._asks, self._by_hash, self._state = True, {}, None

    def _sender(self, holder: Holder) -> Sender:
        """The sender of that name, with what is left of his rate."""
        rate = self._rate if holder.spans_per_second is None else holder.spans_per_second
        return self._senders.setdefault((holder.name, holder.tenant, rate), Sender(holder.name, holder.tenant, rate))


EVERYBODY = Admission()
"""Asks for nothing."""
