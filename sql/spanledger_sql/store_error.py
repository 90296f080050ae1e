"""What the database refuses, in its own sentence."""

from __future__ import annotations

import re

from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError
from urllib3.exceptions import (
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    TimeoutError,  # noqa: A004  (what urllib3 raises is no TimeoutError of Python)
)

from spanledger_settings.mendable import MendableError

# ClickHouse's READONLY and ACCESS_DENIED.
_FORBIDDEN = (164, 497)


class StoreError(MendableError):
    """The database could not be reached or refused a statement; the message says what to do.

    Attributes:
        code: ClickHouse's number of the error; None where the database gave no answer.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code

    @property
    def is_forbidden(self) -> bool:
        """Whether the user may not do it: a setting or a right that he lacks."""
        return self.code in _FORBIDDEN


class refusals:  # noqa: N801
    """Turns the driver's errors into StoreError with the engine's own sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ClickHouseError, DatabaseError)):
            raise StoreError(reason_of(error), code_of(error)) from error


def code_of(error: BaseException) -> int | None:
    """ClickHouse's number of an error of the driver; None where the database gave no answer."""
    found = re.search(r"(?:Code: |error code )(\d+)", str(error))
    return int(found[1]) if found else None


def reason_of(error: BaseException) -> str:
    """The sentence of an error of the driver, without its stack trace."""
    if isinstance(error.__cause__, HTTPError):
        return _unanswered(error.__cause__)
    text = str(error)
    for marker in ("DB::Exception: ", "DB::"):
        if marker in text:
            text = text.split(marker, 1)[1]
            break
    text = text.split("Stack trace:")[0].split(" (version ")[0].split(" (for url ")[0].strip()
    # A sentence quotes what was sent: a terminal must not take orders from it.
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "�", text)


def _unanswered(error: HTTPError) -> str:
    """Why no answer came: the driver's own text is the address that it asked, with every setting in it."""
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    told = re.search(r"\[Errno -?\d+\] ([^()\"']+)", str(reason))
    if isinstance(reason, NewConnectionError):
        where = f"{reason.conn.host}:{reason.conn.port}"
        if isinstance(reason, NameResolutionError):
            return f"the host of {where} is not known; mend the address, or what resolves it"
        return f"nobody answers at {where}{f' ({told[1].strip()})' if told else ''}; start the database there"
    if isinstance(reason, TimeoutError):
        seconds = re.search(r"timeout=([\d.]+)", str(reason))
        return f"the database has not answered{f' within {seconds[1]} s' if seconds else ''}; it may be overloaded"
    if isinstance(reason, ProtocolError):
        if isinstance(reason.args[-1], (FileNotFoundError, ConnectionRefusedError)):
            return "the node that had the database does not run any more; start it again"
        return "the database ended the connection before it answered; it may be starting again"
    return str(reason)
