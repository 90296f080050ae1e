"""The lease that one worker a database holds: others wait, and take it when its holder ends or answers no more.

It rests on no clock but the patience of who waits: who waits asks, and a holder that lives answers.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from spanledger_enrich.ledger.enrichment import last_version
from spanledger_sql.store import StoreError, statement

if TYPE_CHECKING:
    from spanledger_sql.store import Store

# How long a question may stay without an answer, and how often the holder looks for questions.
_PATIENCE_S, _LISTEN_EVERY_S = 10.0, 1.0
# By how much the versions of a holder are above those of one that was thought dead, in microseconds: a day.
_ABOVE = 86_400_000_000
ME = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
"""This process: it is one worker, however many objects stand for it."""


class LeaseLost(StoreError):
    """Another worker has taken the lease meanwhile."""


class Lease:
    """A worker's view of the lease of a database.

    Args:
        store: The database. An embedded one belongs to this process, and so does its lease.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._epoch = 0
        self._above = 0
        self._asked_at = 0.0
        self._question = (0, 0)
        self._listening: threading.Thread | None = None
        self._ended = threading.Event()

    @property
    def tables(self) -> str:
        """What the names of this worker's own tables begin with; empty where it needs none of its own."""
        return f"worker_{ME.rpartition(':')[2]}" if self._store.kind == "server" else ""

    def held(self) -> bool:
        """Whether this worker holds the lease; takes it where nobody else does."""
        now = self._state()
        if now["owner"] == ME and not now["given_back"]:
            self._hold(now)
            return True
        dead = self._store.kind == "embedded" or is_dead(now["owner"])
        if not now["epoch"] or now["given_back"] or dead or self._in_vain(now):
            return self._take(now)
        return False

    def check(self) -> None:
        """See that the lease is still this worker's.

        Raises:
            LeaseLost: It is not.
        """
        if self._store.kind != "embedded" and self._state()["owner"] != ME:
            raise LeaseLost("another worker has taken the work over")

    def version(self, last: int) -> int:
        """A version for a batch: above ``last``, and above all that whoever held the lease before may write."""
        # The number between is for calls that are taken up again.
        return max(time.time_ns() // 1000, last + 2, self._above + 1)

    def give_back(self) -> None:
        """Let another worker have the lease at once."""
        self._ended.set()
        if self._epoch and self._state()["owner"] == ME:
            self._say("given back", self._epoch, 1)

    def _state(self) -> dict[str, Any]:
        return self._store.rows(statement("lookups/progress/worker_lease"))[0]

    def _in_vain(self, now: dict[str, Any]) -> bool:
        """Ask whoever holds the lease whether it lives; says whether it did not answer for long."""
        epoch, asked = self._question
        if epoch != now["epoch"] or now["answered"] >= asked:
            self._question = (now["epoch"], now["asked"] + 1)
            self._asked_at = time.monotonic()
            self._say("asked", *self._question)
            return False
        return time.monotonic() - self._asked_at > _PATIENCE_S

    def _take(self, now: dict[str, Any]) -> bool:
        epoch = int(now["epoch"]) + 1
        above = max(int(now["above"]), last_version(self._store))
        if now["epoch"] and not now["given_back"] and self._store.kind != "embedded":
            above += _ABOVE
        row = {"epoch": epoch, "owner": ME, "above": above}
        self._store.insert("worker_lease", [row], token=f"worker/{epoch}")
        now = self._state()
        if (now["epoch"], now["owner"]) != (epoch, ME):
            return False
        self._drop_tables_of_others()
        self._hold(now)
        return True

    def _hold(self, now: dict[str, Any]) -> None:
        self._epoch, self._above = int(now["epoch"]), int(now["above"])
        if self._listening is None and self._store.kind != "embedded":
            self._listening = threading.Thread(target=self._listen, name="lease", daemon=True)
            self._listening.start()

    def _listen(self) -> None:
        while not self._ended.wait(_LISTEN_EVERY_S):
            try:
                now = self._state()
                if now["owner"] == ME and now["asked"] > now["answered"]:
                    self._say("answered", now["epoch"], now["asked"])
            except StoreError:
                # The database is away, for who asks as well.
                continue

    def _say(self, kind: str, epoch: int, word: int) -> None:
        self._store.insert("worker_word", [{"kind": kind, "epoch": epoch, "word": word}])

    def _drop_tables_of_others(self) -> None:
        """Whoever held the lease before, and is only slow, shall find nothing to go on with."""
        if not self.tables:
            return
        for row in self._store.rows(
            "SELECT name FROM system.tables WHERE database = currentDatabase() "
            "AND match(name, '^worker_[0-9a-f]{12}_') AND NOT startsWith(name, {mine:String})",
            mine=self.tables,
        ):
            self._store.execute("DROP TABLE IF EXISTS {table:Identifier}", {"table": row["name"]})


def is_dead(owner: str) -> bool:
    """Whether a process of this machine has ended; of other machines nothing is known."""
    host, _, rest = owner.partition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(rest.partition(":")[0]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
