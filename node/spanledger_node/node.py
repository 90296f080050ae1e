"""The node: receivers, spool and worker in one process, the pages in another, from start to a drained stop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import itertools
import logging
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from starlette.routing import Route

from spanledger_collector import otlp_grpc, otlp_http
from spanledger_collector.admission import Admission
from spanledger_collector.committer import Committer
from spanledger_collector.spool.spool import Spool
from spanledger_enrich.ledger.tenant_rules import store_rules
from spanledger_enrich.worker import Worker, load_reference_data
from spanledger_node.backup import give_up, take
from spanledger_node.budget_answers import PATH, BudgetAnswers
from spanledger_node.clickhouse_http import database_app
from spanledger_node.health import Health
from spanledger_node.listening import Addresses, check_openness, is_loopback, listen, listen_on_socket, port_of
from spanledger_node.metrics import Metrics
from spanledger_node.page_process import pages_served
from spanledger_node.page_server import pages
from spanledger_node.serving import allow_many_files, only_from_here, running, served
from spanledger_node.stop import Stop
from spanledger_node.tls import Tls, tls_of
from spanledger_node.yielding import yielding_threads
from spanledger_settings.access_token import TokenFile
from spanledger_sql.definitions.migrations import migrate, pending
from spanledger_sql.embedded.folder import FolderLock
from spanledger_sql.node_socket import socket_path
from spanledger_sql.policy import email_rule
from spanledger_sql.policy.access import scope_settings
from spanledger_sql.policy.retention import keep_for
from spanledger_sql.store import Store, StoreError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import ASGIApp

    from spanledger_settings.configuration import Configuration

logger = logging.getLogger(__name__)


# A node that is to stop commits for so long; what is left stays in the spool, for the next start.
_DRAIN_S = 3.0


class NodeError(StoreError):
    """The node cannot go on; the message says why."""


Part = Literal["collect", "enrich", "dashboards"]
EVERYTHING: frozenset[Part] = frozenset({"collect", "enrich", "dashboards"})


def run(
    configuration: Configuration, started: Callable[[Addresses], None], parts: frozenset[Part] = EVERYTHING
) -> None:
    """Run a node until SIGINT or SIGTERM; then take no more requests, commit and enrich what is there, and end.

    Args:
        configuration: What to open and where to listen.
        started: Called once everything listens.
        parts: Which parts run; all of them on an embedded database, which belongs to one process.

    Raises:
        StoreError: The data folder or the database cannot be used.
        ListenError: A port cannot be used.
    """
    allow_many_files()
    asyncio.run(_served(_Node(configuration, parts), started))


async def _served(node: _Node, started: Callable[[Addresses], None]) -> None:
    asyncio.get_running_loop().set_default_executor(yielding_threads())
    await node.serve(started)


@dataclass
class _Node:
    configuration: Configuration
    parts: frozenset[Part]

    async def serve(self, started: Callable[[Addresses], None]) -> None:
        admission, tls = self._admission(), tls_of(self.configuration)
        async with contextlib.AsyncExitStack() as stack:
            stop = Stop()
            # A server may be away: what is collected meanwhile waits in the spool.
            patient = "collect" in self.parts and not self.configuration.embedded
            store = stack.enter_context(
                # The engine, the committer and the worker yield as the thread does that starts them.
                await asyncio.to_thread(
                    Store.open, self.configuration, exclusive=True, at_once=not patient, scope=self._scope()
                )
            )
            health = Health(worker=self._worker(store, stack))
            metrics = self._measure(store, health, stack)
            if not patient:
                await self._prepare(store, health.worker)
            stop.in_order = True
            # Bound before the spool is opened: a port in use must not leave a thread behind.
            listener = self._listen("otlp_http_port", "OTLP over HTTP") if "collect" in self.parts else None
            dashboard = self._listen("dashboard_port", "the dashboards") if "dashboards" in self.parts else None
            addresses = Addresses()
            apps: list[tuple[ASGIApp, socket.socket, Tls | None]] = []
            spool = database = None
            if listener is not None:
                spool = health.spool = self._spool(stack)
                stack.push_async_callback(self._drain, health)
                grpc_port = await self._serve_grpc(spool, admission, tls, stack, metrics)
                apps.append((self._receiver(spool, admission, health, metrics, store), listener, tls))
                addresses = Addresses(self._url(port_of(listener)), f"{self.configuration.host}:{grpc_port}")
            host = self._host("dashboard_port")
            if dashboard is not None:
                addresses = Addresses(addresses.otlp_http, addresses.otlp_grpc, self._url(port_of(dashboard), host))
            if self.configuration.embedded:
                folder = Path(self.configuration.clickhouse_url.removeprefix("chdb://"))

                def status() -> dict[str, Any]:
                    return _status(addresses, spool)

                def back_up(target: Path) -> dict[str, Any]:
                    return asdict(take(store, self.configuration, target))

                database = database_app(folder, status, store.gate, back_up)
                apps.append((database, listen_on_socket(self.configuration.data_dir), None))
                stack.callback(socket_path(self.configuration.data_dir).unlink, missing_ok=True)
            for app, bound, spoken in apps:
                await stack.enter_async_context(served(app, bound, spoken))
            if database is not None:
                await stack.enter_async_context(running(self._listen_again(database)))
            committing = await stack.enter_async_context(running(self._commit(store, health, patient=patient)))
            if dashboard is not None and self.parts == {"dashboards"}:
                await stack.enter_async_context(served(pages(store, host, self.configuration), dashboard, tls))
            elif dashboard is not None:
                await stack.enter_async_context(pages_served(self.configuration, host, dashboard))
            started(addresses)
            while not stop.asked.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.asked.wait(), 1.0)
                if committing.done():
                    committing.result()
                if dead := health.dead():
                    raise NodeError(f"the node's {dead} has ended; what was acknowledged is taken up at the next start")
            if self.configuration.embedded:
                await asyncio.to_thread(give_up, store)
            logger.info("stopping: no more requests are taken; what was acknowledged is committed and enriched")

    async def _prepare(self, store: Store, worker: Worker | None) -> None:
        await asyncio.to_thread(_bring_up_to_date, store)
        if store.kind != "server":
            await asyncio.to_thread(keep_for, store, self.configuration.retention_days)
            email_rule.follow(store, self.configuration)
        # Before the first span: what the rules name is kept of a span only if they are in force when it comes.
        if self.parts != {"dashboards"}:
            await asyncio.to_thread(store_rules, store, self.configuration.tenant_rules)
        if worker is not None:
            await asyncio.to_thread(load_reference_data, store)
            await asyncio.to_thread(worker.start)

    async def _commit(self, store: Store, health: Health, *, patient: bool) -> None:
        """Begin to commit, once the database is there and has its tables; a view that is not there yet loses spans."""
        for pause in itertools.chain((0.5, 1, 2, 4), itertools.repeat(8)) if patient else ():
            try:
                await self._prepare(store, health.worker)
            except StoreError as error:
                health.problem = str(error)
                logger.warning("the database is not ready, and is tried again in %s s: %s", pause, error)
                await asyncio.sleep(pause)
            else:
                health.problem = ""
                break
        if health.spool is not None:
            wake = health.worker.wake if health.worker is not None else lambda: None
            health.committer = await asyncio.to_thread(Committer, health.spool, store, wake)
            if health.worker is not None:
                health.worker.gather_while(health.committer.at_work)

    @staticmethod
    async def _drain(health: Health) -> None:
        assert health.spool is not None
        await asyncio.to_thread(health.spool.close)
        if health.committer is not None:
            await asyncio.to_thread(health.committer.join, drain_s=_DRAIN_S)

    async def _listen_again(self, app: ASGIApp) -> None:
        """Make the socket anew where somebody removed it, as cleaners of temporary folders do."""
        path = socket_path(self.configuration.data_dir)
        async with contextlib.AsyncExitStack() as again:
            while True:
                await asyncio.sleep(1.0)
                if not path.exists():
                    logger.warning("%s was removed; it is made anew", path)
                    await again.enter_async_context(served(app, listen_on_socket(self.configuration.data_dir)))

    @staticmethod
    def _measure(store: Store, health: Health, stack: contextlib.AsyncExitStack) -> Metrics:
        metrics = Metrics(store, lambda: health.spool, lambda: health.committer, lambda: health.worker)
        stack.push_async_callback(asyncio.to_thread, metrics.close)
        return metrics

    def _worker(self, store: Store, stack: contextlib.AsyncExitStack) -> Worker | None:
        if "enrich" not in self.parts:
            return None
        worker = Worker(store, self.configuration)
        stack.push_async_callback(asyncio.to_thread, worker.stop)
        return worker

    def _spool(self, stack: contextlib.AsyncExitStack) -> Spool:
        configuration = self.configuration
        if not configuration.embedded:
            # An embedded store has the lock of the folder already.
            lock = FolderLock(configuration.data_dir)
            lock.acquire()
            stack.callback(lock.release)
        return Spool(
            configuration.spool,
            segment_spans=configuration.segment_spans,
            segment_seconds=configuration.segment_seconds,
            max_bytes=configuration.max_spool_bytes,
        )

    def _scope(self) -> dict[str, str | int] | None:
        """What the dashboards may see; who writes sees all.

        Raises:
            NodeError: A part that writes is to read as a tenant.
        """
        if self.configuration.tenant_scope is None:
            return None
        if self.parts != {"dashboards"}:
            raise NodeError(
                "tenant_scope is for what reads: run 'spanledger dashboards' with it, and the others without"
            )
        return scope_settings(self.configuration.tenant_scope)

    def _admission(self) -> Admission:
        admission = Admission(TokenFile(self.configuration.tokens), self.configuration.token_spans_per_second)
        said = check_openness(
            self.configuration,
            otlp="collect" in self.parts,
            dashboards="dashboards" in self.parts,
            asks_for_tokens=admission.asks_for_tokens,
            has_login="dashboards" in self.parts and not is_loopback(self._host("dashboard_port")) and _has_login(),
        )
        for danger in said:
            logger.warning("insecure: %s", danger)
        return admission

    def _receiver(self, spool: Spool, admission: Admission, health: Health, metrics: Metrics, store: Store) -> ASGIApp:
        receiver = otlp_http.receiver(
            spool,
            max_request_bytes=self.configuration.max_request_bytes,
            admission=admission,
            health=health.report,
        )
        receiver.router.routes.append(Route("/metrics", metrics.answer, methods=["GET"]))
        receiver.router.routes.append(Route(PATH, BudgetAnswers(store, admission).answer, methods=["GET"]))
        return metrics.requests.over_http(only_from_here(receiver, self.configuration.host))

    async def _serve_grpc(
        self, spool: Spool, admission: Admission, tls: Tls | None, stack: contextlib.AsyncExitStack, metrics: Metrics
    ) -> int:
        configuration = self.configuration
        # gRPC's own error is several lines on standard error; binding the port first names the reason.
        self._listen("otlp_grpc_port", "OTLP over gRPC").close()
        server, port = otlp_grpc.receiver(
            spool,
            configuration.host,
            configuration.otlp_grpc_port,
            max_request_bytes=configuration.max_request_bytes,
            admission=admission,
            credentials=None if tls is None else tls.for_grpc(),
            interceptors=(metrics.requests.over_grpc(),),
        )
        await server.start()
        stack.push_async_callback(server.stop, 2.0)
        return port

    def _listen(self, setting: str, purpose: str) -> socket.socket:
        port: int = getattr(self.configuration, setting)
        return listen(self._host(setting), port, purpose=purpose, option=f"--{setting.replace('_', '-')}")

    def _host(self, setting: str) -> str:
        """The address that the port of this setting is opened on."""
        of_pages = self.configuration.dashboard_host if setting == "dashboard_port" else None
        return of_pages or self.configuration.host

    def _url(self, port: int, listening: str = "") -> str:
        host = listening or self.configuration.host
        if host in {"0.0.0.0", "::"}:  # noqa: S104
            host = "127.0.0.1"
        scheme = "http" if self.configuration.tls_certificate is None else "https"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _has_login() -> bool:
    from spanledger_dashboards.viewer import has_login  # noqa: PLC0415  (Streamlit takes a second)

    return has_login()


def _bring_up_to_date(store: Store) -> None:
    """A node's own database follows its version; a server's is changed by who may, once, with `migrate`.

    Raises:
        StoreError: The server's schema is another version's.
    """
    if store.kind != "server":
        migrate(store)
    elif waiting := pending(store):
        raise StoreError(f"the database's schema lacks {', '.join(waiting)}; run 'spanledger migrate'")


def _status(addresses: Addresses, spool: Spool | None) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "version": importlib.metadata.version("spanledger"),
        "addresses": asdict(addresses),
        "spool_bytes": spool.bytes_on_disk if spool is not None else 0,
    }
