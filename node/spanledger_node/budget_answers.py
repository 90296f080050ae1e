"""What is left of a tenant's budgets, for an app or a gateway that asks before a call: GET /v1/budgets/remaining."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from spanledger_collector.admission import Admission, NotAdmitted, TooFast
from spanledger_enrich.books.budgets import budget, standing
from spanledger_sql.store import StoreError

if TYPE_CHECKING:
    from starlette.requests import Request

    from spanledger_enrich.books.budgets.standing import Standing
    from spanledger_sql.store import Store

logger = logging.getLogger(__name__)

PATH = "/v1/budgets/remaining"
# So old may an answer be before the ledger is read again, and before nobody is told it any more.
_FRESH_S, _OLDEST_S = 30.0, 300.0


class BudgetAnswers:
    """Answers from what was read of the ledger last; it is read again behind the answer, once for all who ask.

    Args:
        store: The database.
        admission: Who may ask: as for spans; who shows a tenant's token, of that tenant alone.
    """

    def __init__(self, store: Store, admission: Admission) -> None:
        self._store = store
        self._admission = admission
        self._by_tenant: dict[str, list[Standing]] = {}
        self._as_of: datetime | None = None
        self._read_at = -math.inf
        self._reading: asyncio.Task[None] | None = None

    async def answer(self, request: Request) -> JSONResponse:
        """The budgets of the parameter ``tenant``: none where it has none."""
        try:
            sender = self._admission.admit(request.headers.get("authorization", ""))
        except NotAdmitted as error:
            return JSONResponse({"error": str(error)}, 401, {"www-authenticate": "Bearer"})
        except TooFast as error:
            return JSONResponse({"error": str(error)}, 429, {"retry-after": str(math.ceil(error.retry_after_s))})
        tenant = request.query_params.get("tenant") or sender.tenant
        if not tenant:
            return JSONResponse({"error": "whose budgets? expected ?tenant=NAME"}, 400)
        if sender.tenant not in {None, tenant}:
            return JSONResponse({"error": "the token is another tenant's"}, 403)
        await self._follow()
        if self._as_of is None or time.monotonic() - self._read_at > _OLDEST_S:
            return JSONResponse({"error": "the ledger cannot be read now"}, 503, {"retry-after": "5"})
        return JSONResponse(
            {
                "tenant": tenant,
                "as_of": self._as_of.isoformat(),
                "budgets": [_told(one) for one in self._by_tenant.get(tenant, [])],
            }
        )

    async def _follow(self) -> None:
        """See that the ledger is being read where the last time is too long ago; wait only where there is no answer."""
        age = time.monotonic() - self._read_at
        if age > _FRESH_S and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read())
        if age > _OLDEST_S and self._reading is not None:
            await asyncio.shield(self._reading)

    async def _read(self) -> None:
        try:
            now, found = await asyncio.to_thread(self._standings)
        except StoreError as error:
            logger.warning("budgets cannot be read: %s", error)
            return
        self._by_tenant = {}
        for one in found:
            self._by_tenant.setdefault(one.budget.name, []).append(one)
        self._as_of, self._read_at = now, time.monotonic()

    def _standings(self) -> tuple[datetime, list[Standing]]:
        now = datetime.now(UTC)
        asked = [one for one in budget.in_force(self._store) if one.scope == "tenant"]
        return now, standing.standings(self._store, now, asked, foretell=False)


def _told(one: Standing) -> dict[str, Any]:
    return {
        "budget": one.budget.budget,
        "unit": one.budget.unit,
        "every": one.budget.every,
        "ends": one.period.end.isoformat(),
        "amount": f"{one.budget.amount:f}",
        "used": f"{one.spent:f}",
        "remaining": f"{one.remaining:f}",
    }
