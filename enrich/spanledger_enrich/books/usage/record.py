"""One line of a usage report, whoever wrote it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_COUNTS = frozenset(
    {
        "calls", "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens",
        "reasoning_tokens", "web_searches", "reported_cost",
    }
)  # fmt: skip


def summed(records: Iterable[UsageRecord]) -> list[UsageRecord]:
    """The lines of one page, of which those that nothing known tells apart are one: the report told them apart somehow.

    Of lines of one call the last is it.
    """
    found: dict[str, UsageRecord] = {}
    for record in records:
        before = found.get(record.identity)
        found[record.identity] = record if before is None or record.call_id else before.plus(record)
    return list(found.values())


@dataclass(frozen=True, kw_only=True)
class UsageRecord:
    """A bucket of calls, or one call, as a report tells it. The attributes are the columns of `usage_record`.

    Attributes:
        call_id: Of one call: the report's id of it.
        apart: What else the report tells its lines apart by, and the ledger does not.
    """

    source: str
    granularity: str
    begins: datetime
    ends: datetime
    provider: str
    model: str
    account: str = ""
    project: str = ""
    workspace: str = ""
    api_key: str = ""
    user_id: str = ""
    service_tier: str = ""
    speed: str = ""
    inference_geo: str = ""
    calls: int | None = None
    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    web_searches: int = 0
    reported_cost: float | None = None
    call_id: str = ""
    apart: str = ""

    @property
    def identity(self) -> str:
        """What tells the line from others: all but its counts."""
        told = {name: value for name, value in asdict(self).items() if name not in _COUNTS}
        if self.call_id:
            told = {"source": self.source, "call_id": self.call_id}
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]

    def plus(self, other: UsageRecord) -> UsageRecord:
        """The line with the counts of another; what one of them does not say is unknown."""
        counts: dict[str, Any] = {
            name: None if (own := getattr(self, name)) is None or (more := getattr(other, name)) is None else own + more
            for name in _COUNTS
        }
        return replace(self, **counts)

    def row(self, file: str) -> dict[str, Any]:
        """The line as a row of `usage_record`."""
        told = asdict(self)
        del told["call_id"], told["apart"]
        return {"record_id": self.identity, **told, "file": file}
