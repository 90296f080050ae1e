"""One line of a usage report, whoever wrote it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

_COUNTS = frozenset(
    {
        "calls", "input_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens", "output_tokens",
        "reasoning_tokens", "web_searches", "reported_cost",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UsageRecord:
    """A bucket of calls, or one call, as a report tells it. The attributes are the columns of `usage_record`.

    Attributes:
        call_id: Of one call: the report's id of it.
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

    @property
    def identity(self) -> str:
        """What tells the line from others: all but its counts."""
        told = {name: value for name, value in asdict(self).items() if name not in _COUNTS}
        if self.call_id:
            told = {"source": self.source, "call_id": self.call_id}
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]

    def row(self, file: str) -> dict[str, Any]:
        """The line as a row of `usage_record`."""
        told = asdict(self)
        del told["call_id"]
        return {"record_id": self.identity, **told, "file": file}
