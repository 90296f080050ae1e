"""Tokens by which senders of OTLP show who they are: made here, kept as hashes in one file.

A token is 256 random bits, so that a plain SHA-256 of it tells nothing; nothing but `create` and `rotate` ever has one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spanledger_settings.mendable import AskedWronglyError, MendableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PREFIX = "slt_"
"""What every token begins with, so that scanners for secrets find it."""

MOST_NAME = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class TokenError(MendableError):
    """A token, or the file of tokens, that is not as it has to be; the message says which and what was expected."""


class UnknownTokenError(TokenError, AskedWronglyError):
    """No sender has a token of that name."""


class Secret(BaseModel):
    """One token of a name, as a hash."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    created: datetime
    ends: datetime | None = None

    def valid_at(self, moment: datetime) -> bool:
        """Whether it opens at that moment."""
        return self.ends is None or moment < self.ends


class Holder(BaseModel):
    """Who has a token: a name for people, and the tenant that all it sends belongs to, or None for any.

    Attributes:
        name: Unique in the file.
        tenant: Whose all is that comes with the token; None: what the spans say.
        spans_per_second: More than this is answered with 429; None: as the configuration says.
        secrets: The tokens that are valid, or were; two while one takes the other's place.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    tenant: str | None = None
    spans_per_second: float | None = Field(default=None, gt=0)
    secrets: tuple[Secret, ...] = ()

    def state(self, moment: datetime) -> str:
        """`valid`, or how it is not: `revoked`, `expired`."""
        if any(secret.valid_at(moment) for secret in self.secrets):
            return "valid"
        return "expired" if self.secrets else "revoked"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    holders: tuple[Holder, ...] = ()


class TokenFile:
    """The file of tokens. Where it is there, nothing is taken without one, even if it names none.

    Args:
        path: Mode 0600; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def holders(self) -> tuple[Holder, ...]:
        """Everybody in the file.

        Raises:
            TokenError: It cannot be read, or is not such a file.
        """
        try:
            return _File.model_validate_json(self.path.read_text(encoding="utf-8")).holders
        except FileNotFoundError:
            return ()
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole"
            raise TokenError(
                f"{self.path}: {where}: {first['msg']}; expected what 'spanledger token create' writes"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise TokenError(f"{self.path}: cannot be read: {error}") from None

    def create(
        self, name: str, tenant: str | None, *, lasts: timedelta | None = None, spans_per_second: float | None = None
    ) -> str:
        """A token for a new name; it is shown once, and cannot be had again.

        Raises:
            TokenError: The name is taken, or name or tenant is none.
        """
        if not _NAME.fullmatch(name):
            raise TokenError(f"{name!r} is no name of a token; expected letters, digits, '.', '_', '-', up to 64")
        if tenant is not None and not (
            tenant.strip() == tenant and tenant.isprintable() and 0 < len(tenant) <= MOST_NAME
        ):
            raise TokenError(f"{tenant!r} is no name of a tenant; expected 1 to {MOST_NAME} printable characters")
        with self._changing() as holders:
            if any(holder.name == name for holder in holders):
                raise TokenError(f"there is a token {name!r} already; 'spanledger token rotate {name}' gives another")
            token, secret = _new(lasts)
            holders.append(Holder(name=name, tenant=tenant, spans_per_second=spans_per_second, secrets=(secret,)))
        return token

    def rotate(self, name: str, *, overlap: timedelta, lasts: timedelta | None = None) -> str:
        """A new token for a name; those before it end after ``overlap``, unless they end earlier.

        Raises:
            TokenError: There is no such name.
        """
        end = datetime.now(UTC) + overlap
        with self._changing() as holders:
            place = _place(holders, name, self.path)
            token, secret = _new(lasts)
            before = tuple(
                one.model_copy(update={"ends": end if one.ends is None else min(one.ends, end)})
                for one in holders[place].secrets
                if one.valid_at(datetime.now(UTC))
            )
            holders[place] = holders[place].model_copy(update={"secrets": (*before, secret)})
        return token

    def revoke(self, name: str) -> None:
        """Make all tokens of a name invalid; its name stays in the list.

        Raises:
            TokenError: There is no such name.
        """
        with self._changing() as holders:
            place = _place(holders, name, self.path)
            holders[place] = holders[place].model_copy(update={"secrets": ()})

    @contextmanager
    def _changing(self) -> Iterator[list[Holder]]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(f".{self.path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            holders = list(self.holders())
            yield holders
            self._write(_File(holders=tuple(holders)).model_dump_json(indent=1))
        finally:
            os.close(lock)

    def _write(self, text: str) -> None:
        unfinished = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)


def hash_of(token: str) -> str:
    """What the file keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _new(lasts: timedelta | None) -> tuple[str, Secret]:
    token = PREFIX + secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    return token, Secret(sha256=hash_of(token), created=now, ends=None if lasts is None else now + lasts)


def _place(holders: list[Holder], name: str, path: Path) -> int:
    for place, holder in enumerate(holders):
        if holder.name == name:
            return place
    raise UnknownTokenError(f"{path} has no token {name!r}; 'spanledger token list' names those that there are")
