"""What is left of a tenant's budgets, to be asked before a call: at once, from a cache, open where nobody knows."""

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlencode

from spanledger import guard
from spanledger.configuration import receiver_address
from spanledger.tracing import DISABLED

if TYPE_CHECKING:
    from decimal import Decimal

    from spanledger.delivery.receiver import Address


class BudgetLeft(NamedTuple):
    """One budget of a tenant, in its present period.

    Attributes:
        budget: Its name.
        unit: "usd", "tokens" or "kgco2e".
        every: "day", "month" or "year".
        amount: What may be used in the period.
        used: What is used so far, as the ledger knows.
        remaining: What is left; less than nothing where more was used.
    """

    budget: str
    unit: str
    every: str
    amount: "Decimal"
    used: "Decimal"
    remaining: "Decimal"


class RemainingBudget(NamedTuple):
    """What is left of a tenant's budgets.

    Attributes:
        tenant: Whose they are.
        known: Whether the node said so in the last five minutes. Where it did not, nothing is exhausted.
        budgets: All of the tenant; empty where it has none, or nobody knows.
    """

    tenant: str
    known: bool
    budgets: tuple[BudgetLeft, ...]

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left of one of them."""
        return any(one.remaining <= 0 for one in self.budgets)

    def left(self, unit: str = "usd") -> "Decimal | None":
        """The least that is left in this unit; None where no budget has it, or nobody knows."""
        return min((one.remaining for one in self.budgets if one.unit == unit), default=None)


def remaining_budget(*, tenant: str) -> RemainingBudget:
    """What is left of a tenant's budgets, as the node said last: it never waits, and never raises.

    The first question about a tenant, and one whose answer is older than 30 seconds, is asked of the node by a thread
    in the background; meanwhile this gives what is known, which at first is nothing. Where the node does not answer,
    what it said holds for five minutes, and then nothing is known: an app goes on.

        if spanledger.remaining_budget(tenant=account.id).exhausted:
            raise TooMuch

    The node is asked where spans go over HTTP; over gRPC nobody is asked, and nothing is known.
    """
    name = ""
    with guard.Shield(_ASKING):
        name = str(tenant)
        if not DISABLED:
            return _asker.known_of(name)
    return RemainingBudget(name, known=False, budgets=())


class _Asker:
    """Keeps answers, and has one thread ask for those that are missing or old, which ends when none is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[float, tuple[BudgetLeft, ...]]] = {}
        self._asked: dict[str, float] = {}
        self._waiting: dict[str, None] = {}
        self._at_work = False

    def known_of(self, tenant: str) -> RemainingBudget:
        now = time.monotonic()
        said_at, budgets = self._answers.get(tenant, (-_OLDEST_S, ()))
        if now - max(said_at, self._asked.get(tenant, -_OLDEST_S)) >= _FRESH_S:
            self._ask_for(tenant, now)
        known = now - said_at < _OLDEST_S
        return RemainingBudget(tenant, known, budgets if known else ())

    def _ask_for(self, tenant: str, now: float) -> None:
        # Who holds it is about to ask, too.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if len(self._asked) >= _MOST_TENANTS:
                self._asked.clear()
                self._answers.clear()
                self._waiting.clear()
            self._asked[tenant] = now
            self._waiting[tenant] = None
            start = not self._at_work
            self._at_work = True
        finally:
            self._lock.release()
        if start:
            try:
                threading.Thread(target=self._work, name="spanledger-budgets", daemon=True).start()
            except RuntimeError:  # the interpreter is ending
                self._at_work = False
                raise

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._at_work = False
                    return
                tenant = next(iter(self._waiting))
                del self._waiting[tenant]
            with guard.Shield(_ASKING):
                asked_at = time.monotonic()
                if (said := _said(tenant)) is not None:
                    self._answers[tenant] = (asked_at, said)


def _said(tenant: str) -> tuple[BudgetLeft, ...] | None:
    """What the node says; None, with the reason in the log, where it says nothing that can be believed."""
    from urllib.error import HTTPError  # noqa: PLC0415 (only the asking thread needs it)

    address = receiver_address()
    if address.protocol != "http/protobuf":
        guard.note(_ASKING, "it is done over HTTP alone; pass protocol='http/protobuf' to configure()", once_for="gRPC")
        return None
    # A name and password of the address are shown as spans show them, and looked up or told nowhere.
    scheme, _, rest = address.endpoint.removesuffix("/v1/traces").partition("://")
    shown, _, host = rest.rpartition("@")
    url = f"{scheme}://{host}/v1/budgets/remaining"
    try:
        return _read(tenant, _answer_of(f"{url}?{urlencode({'tenant': tenant})}", _headers(address, shown)))
    except HTTPError as error:
        kind = f"{error.code}"
        problem = f"{url} answers {error.code} ({error.reason}){_ADVICE.get(error.code, '')}"
    except OSError as error:
        kind = "reach"
        problem = f"{url} cannot be reached: {getattr(error, 'reason', error)}"
    except Exception as error:  # noqa: BLE001 (whatever answers there may say anything)
        kind = "answer"
        problem = f"{url} answers what is no budget ({type(error).__name__}: {error}); check the address"
    guard.note(_ASKING, f"{problem}; what it said holds for five minutes, and then no budget is used up", once_for=kind)
    return None


def _answer_of(url: str, headers: dict[str, str]) -> bytes:
    # Only the asking thread needs it.
    from spanledger.delivery.patience import answer_within  # noqa: PLC0415

    return answer_within(_PATIENCE_S, url, headers, context=_trust(url), most_bytes=_LARGEST)


def _read(tenant: str, answer: bytes) -> tuple[BudgetLeft, ...]:
    """The budgets of an answer; raises where it is none."""
    said = json.loads(answer)
    # Without a name the node tells of the tenant whose token it is.
    if tenant and said["tenant"] != tenant:
        raise ValueError(f"asked for the budgets of {tenant!r}, told of {said['tenant']!r}")
    return tuple(
        BudgetLeft(
            str(one["budget"]), str(one["unit"]), str(one["every"]), _figure(one["amount"]), _figure(one["used"]),
            _figure(one["remaining"]),
        )
        for one in said["budgets"]
    )  # fmt: skip


def _figure(said: object) -> "Decimal":
    from decimal import Decimal  # noqa: PLC0415 (only the asking thread needs it)

    # A truth value or a NaN would be believed, and close what is to stay open, or raise in the app.
    if not isinstance(said, str) or not (figure := Decimal(said)).is_finite():
        raise ValueError(f"{said!r} is no amount")
    return figure


def _headers(address: "Address", shown: str) -> dict[str, str]:
    from base64 import b64encode  # noqa: PLC0415 (only the asking thread needs them)
    from urllib.parse import unquote  # noqa: PLC0415

    from opentelemetry.util.re import parse_env_headers  # noqa: PLC0415 (only the asking thread needs it)

    named = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS", os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""))
    headers = {**parse_env_headers(named, liberal=True), **address.headers}
    if shown:
        headers["authorization"] = f"Basic {b64encode(unquote(shown).encode()).decode()}"
    return headers


def _trust(base: str) -> Any:
    if not base.startswith("https://"):
        return None
    import ssl  # noqa: PLC0415 (only TLS needs it)

    name = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"
    return ssl.create_default_context(cafile=os.environ.get(name) or os.environ.get("OTEL_EXPORTER_OTLP_CERTIFICATE"))


def _start_over() -> None:
    global _asker  # noqa: PLW0603 (the parent's thread is not in the child)
    _asker = _Asker()


_ASKING: Final = "asking for a budget"
_ADVICE: Final = {
    401: "; check the token in `headers` or OTEL_EXPORTER_OTLP_HEADERS",
    403: "; check the token in `headers` or OTEL_EXPORTER_OTLP_HEADERS",
    404: "; check the address: budgets are told by a node of Spanledger, not by a Collector before it",
}
_FRESH_S: Final = 30.0
_OLDEST_S: Final = 300.0
_PATIENCE_S: Final = 3.0
_LARGEST: Final = 2**20
_MOST_TENANTS: Final = 10_000

_asker = _Asker()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)
