"""What the node's parts are doing, for `/health` and `/ready`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spanledger_collector.committer import Committer
    from spanledger_collector.spool.spool import Spool
    from spanledger_enrich.worker import Worker


@dataclass
class Health:
    """What the node's parts are doing."""

    worker: Worker | None = None
    spool: Spool | None = None
    committer: Committer | None = None
    problem: str = ""

    def dead(self) -> str:
        """The name of a part whose thread has ended; empty while all live."""
        parts = {
            "worker": self.worker is None or self.worker.alive,
            "spool": self.spool is None or self.spool.alive,
            "committer": self.committer is None or self.committer.alive,
        }
        return ", ".join(name for name, alive in parts.items() if not alive)

    def report(self) -> dict[str, Any]:
        """For ``/health`` and ``/ready``: `problem` is empty where nothing is wrong."""
        parts = (part.problem for part in (self.committer, self.worker) if part is not None)
        problem = self.problem or next(filter(None, parts), "")
        if dead := self.dead():
            problem = f"the {dead} has ended"
        return {
            "alive": not dead,
            "problem": problem,
            "calls_set_aside": self.worker.set_aside if self.worker is not None else 0,
            "unreadable_segments": self.committer.unreadable if self.committer is not None else 0,
        }
