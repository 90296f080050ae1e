"""Users with the least rights, on a real server: each does its part, and nothing else."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from engine import EngineMissing, library
from harness.command import Done, in_own_process, start
from harness.otlp_request import call

from spanledger_settings.configuration import load
from spanledger_sql.policy.access import Role, roles, scope_settings, tables_of_tenants
from spanledger_sql.store import Store, StoreError

_HERE = Path(__file__).parent
_DATABASE = "guarded"
_TO_WHOM = re.compile(r" (TO|FROM) `\w+`$")
OCTOBER = ("--month", "2024-10", "--format", "csv")

pytestmark = pytest.mark.slow


def users_xml(given: list[Role]) -> str:
    """The roles as users of a configuration file: this server keeps none that SQL makes."""
    users, profiles, quotas = [], [], []
    for role in given:
        grants = "".join(f"<query>{escape(_TO_WHOM.sub('', grant))}</query>" for grant in role.grants)
        filters = "".join(
            f"<{table}><filter>{escape(rows)}</filter></{table}>" for table, rows in role.policies.items()
        )
        users.append(
            f"<{role.name}><password>{role.name}</password><networks><ip>127.0.0.1</ip></networks>"
            f"<profile>{role.name}</profile><quota>{role.name}</quota><grants>{grants}</grants>"
            f"<databases><{_DATABASE}>{filters}</{_DATABASE}></databases></{role.name}>"
        )
        settings = {"join_use_nulls": 1, "async_insert": 0, **role.settings}
        profiles.append(
            f"<{role.name}>{''.join(f'<{key}>{value}</{key}>' for key, value in settings.items())}</{role.name}>"
        )
        quota = {"duration": 3600, **role.quota}
        quotas.append(
            f"<{role.name}><interval>{''.join(f'<{key}>{value}</{key}>' for key, value in quota.items())}</interval>"
            f"</{role.name}>"
        )
    text = (_HERE / "users.xml").read_text()
    for tag, more in (("users", users), ("profiles", profiles), ("quotas", quotas)):
        text = text.replace(f"</{tag}>", f"{''.join(more)}</{tag}>")
    return text


@dataclass
class Guarded:
    """A server whose users have the generated rights, and a ledger in it of two tenants' calls."""

    port: int
    folder: Path
    done: dict[str, Done] = field(default_factory=dict)

    def url(self, user: str) -> str:
        return f"http://{user}:{'s3cret' if user == 'admin' else user}@127.0.0.1:{self.port}/{_DATABASE}"

    def command(self, user: str, *arguments: object) -> Done:
        """A command as this user."""
        return in_own_process(*arguments, data_dir=self.folder / user, SPANLEDGER_CLICKHOUSE_URL=self.url(user))

    def query(self, user: str, text: str) -> list[tuple]:
        client = clickhouse_connect.get_client(dsn=self.url(user))
        try:
            return list(client.query(text).result_rows)
        finally:
            client.close()

    def refuses(self, user: str, text: str) -> bool:
        client = clickhouse_connect.get_client(dsn=self.url(user))
        with pytest.raises(DatabaseError) as refused:
            client.command(text)
        client.close()
        return "ACCESS_DENIED" in str(refused.value) or "READONLY" in str(refused.value)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Guarded]:
    if "slow" not in request.config.getoption("-m"):
        pytest.skip("takes minutes; run with -m slow")
    try:
        engine = library()
    except EngineMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "users.xml").write_text(users_xml(roles(_DATABASE, ["northwind", "acme"])))
    config = folder / "config.xml"
    config.write_text((_HERE / "config.xml").read_text().replace("USERS", str(folder / "users.xml")))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = [sys.executable, _HERE / "clickhouse_server.py", engine, folder, str(port), config]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(line, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=folder) as process,
    ):
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            try:
                if httpx.get(f"http://127.0.0.1:{port}/ping", timeout=1).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        client = clickhouse_connect.get_client(dsn=f"http://admin:s3cret@127.0.0.1:{port}/default")
        client.command(f"CREATE DATABASE {_DATABASE}")
        client.close()
        server = Guarded(port, folder)
        try:
            yield server
        finally:
            process.kill()


def filled_so_far(guarded: Guarded) -> int:
    [[calls]] = guarded.query("spanledger_owner", "SELECT count() FROM llm_spans")
    return int(calls)


@pytest.fixture(scope="module")
def filled(guarded: Guarded) -> Guarded:
    """Each part has done its work, as its own user."""
    unready = guarded.command("spanledger_worker", "enrich", "--once")
    assert unready.returncode == 1
    assert "run 'spanledger migrate'" in unready.stderr
    done = guarded.command("spanledger_owner", "migrate")
    assert done.returncode == 0, done.stderr
    collect = start(
        "collect", "--otlp-http-port", 0, "--otlp-grpc-port", 0, data_dir=guarded.folder / "collector",
        SPANLEDGER_CLICKHOUSE_URL=guarded.url("spanledger_collector"), SPANLEDGER_SEGMENT_SECONDS="0.2",
    )  # fmt: skip
    assert collect.stdout is not None
    address = collect.stdout.readline().split()[-1]
    for tenant, times in (("northwind", 3), ("acme", 2)):
        body = call(tenant__id=tenant, spans=times)
        httpx.post(address, content=body, headers={"content-type": "application/x-protobuf"}).raise_for_status()
    until = time.monotonic() + 60
    while filled_so_far(guarded) < 5 and time.monotonic() < until:
        time.sleep(0.1)
    collect.terminate()
    _, told = collect.communicate(timeout=60)
    assert collect.returncode == 0, told
    assert "WARNING" not in told, told
    done = guarded.command("spanledger_worker", "enrich", "--once")
    assert done.returncode == 0, done.stderr
    assert "5 new calls" in done.stdout, told
    return guarded


def test_each_part_does_its_work(filled: Guarded) -> None:
    assert filled.query("spanledger_dashboards", "SELECT tenant_id, count() FROM calls GROUP BY 1 ORDER BY 1") == [
        ("acme", 2), ("northwind", 3),
    ]  # fmt: skip
    for arguments in (("chargeback", *OCTOBER), ("carbon", *OCTOBER), ("quality", *OCTOBER), ("prices", "list")):
        done = filled.command("spanledger_dashboards", *arguments)
        assert done.returncode == 0, done.stderr
    for arguments in (
        ("restate", "--dry-run", "--all"), ("restate", "--all", "--month", "2024-10", "--reason", "test"),
        ("enrich", "--once"),
    ):  # fmt: skip
        done = filled.command("spanledger_worker", *arguments)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("user", "text"),
    [
        ("spanledger_collector", "SELECT count() FROM ledger"),
        ("spanledger_collector", "SELECT trace_id FROM llm_spans"),
        ("spanledger_collector", "INSERT INTO ledger (trace_id) VALUES ('x')"),
        ("spanledger_collector", "DROP TABLE otel_traces"),
        ("spanledger_worker", "INSERT INTO llm_spans (trace_id) VALUES ('x')"),
        ("spanledger_worker", "DROP TABLE ledger"),
        ("spanledger_worker", "TRUNCATE TABLE ledger"),
        ("spanledger_worker", "ALTER TABLE ledger ADD COLUMN x UInt8"),
        ("spanledger_dashboards", "INSERT INTO ledger (trace_id) VALUES ('x')"),
        ("spanledger_dashboards", "TRUNCATE TABLE ledger"),
        ("spanledger_dashboards", "SELECT inner_pad FROM email_rule"),
        ("spanledger_bi", "SELECT count() FROM otel_traces"),
        ("spanledger_bi", "SELECT count() FROM llm_spans"),
        ("spanledger_tenant_acme", "SELECT count() FROM otel_traces"),
        ("spanledger_tenant_acme", "SELECT count() FROM price_book"),
        ("spanledger_tenant_acme", "SELECT count() FROM span_parent"),
        ("spanledger_tenant_acme", "INSERT INTO ledger (trace_id) VALUES ('x')"),
    ],
)
def test_nobody_does_more(filled: Guarded, user: str, text: str) -> None:
    assert filled.refuses(user, text)


def test_a_tenant_sees_his_own_rows_by_every_table_and_command(filled: Guarded) -> None:
    user = "spanledger_tenant_acme"
    readable = {
        row[0] for row in filled.query(user, "SELECT name FROM system.tables WHERE database = currentDatabase()")
    }
    assert "ledger" in readable
    for table in tables_of_tenants():
        query = f"SELECT DISTINCT tenant_id FROM {table} WHERE tenant_id != ''"
        if table in readable:
            assert filled.query(user, query) in ([], [("acme",)]), table
        else:
            assert filled.refuses(user, query), table
    assert filled.query(user, "SELECT count() FROM calls") == [(2,)]
    assert filled.query(user, "SELECT sum(calls) FROM ledger_hourly") == [(2,)]
    for arguments in (("chargeback", *OCTOBER), ("carbon", *OCTOBER)):
        done = filled.command(user, *arguments)
        assert done.returncode == 0, done.stderr
        assert "acme" in done.stdout
        assert "northwind" not in done.stdout


@pytest.fixture(scope="module")
def committed(filled: Guarded) -> Guarded:
    """A commitment that covers all calls, not allocated yet, and a charge that the tenants share."""
    for kind, text in (
        (
            "commitments",
            "commitment,kind,amount,from,to,models\nptu,reserved throughput,24,2024-10-08,2024-10-09,gpt-4o\n",
        ),
        ("charges", "charge,kind,amount,from,to,policy\nvat,tax,1.90,2024-10-01,2024-11-01,even\n"),
    ):
        path = filled.folder / f"{kind}.csv"
        path.write_text(text)
        yes = ("--yes",) if kind == "commitments" else ()
        done = filled.command("spanledger_worker", kind, "import", path, *yes)
        assert done.returncode == 0, done.stderr
    return filled


def test_who_only_reads_gets_what_the_worker_keeps(committed: Guarded) -> None:
    # A worker's charge that came after the calls were looked at, and one that others would not be shown.
    assert committed.command("spanledger_worker", "enrich", "--once").returncode == 0
    reports = (
        ("chargeback", *OCTOBER),
        ("charges", "report", *OCTOBER),
        ("commitments", "report", *OCTOBER),
        ("report", "finance/waste", *OCTOBER),
        ("focus", "export", *OCTOBER),
    )
    for arguments in reports:
        written = committed.command("spanledger_worker", *arguments)
        assert (written.returncode, "allocate" in written.stderr) == (0, False), written.stderr
        for user in (
            "spanledger_dashboards",
            *(["spanledger_bi"] if arguments[0] in {"chargeback", "charges"} else []),
        ):
            done = committed.command(user, *arguments)
            assert done.returncode == 0, (user, arguments, done.stderr)
            assert done.stdout == written.stdout
    committed.query("spanledger_owner", "DELETE FROM allocation WHERE commitment_id = 'ptu'")
    told = committed.command("spanledger_dashboards", "chargeback", *OCTOBER).stderr
    assert "1 commitment of 2024-10-01 00:00 to 2024-11-01 00:00 UTC, without 1 that was never allocated" in told
    assert committed.command("spanledger_worker", "enrich", "--once").returncode == 0
    assert "never allocated" not in committed.command("spanledger_dashboards", "chargeback", *OCTOBER).stderr


def test_who_only_reads_reconciles(committed: Guarded) -> None:
    bill = _HERE.parent / "fixtures/bills/openai_costs.json"
    assert committed.command("spanledger_worker", "bills", "import", bill).returncode == 0
    asked = ("reconcile", "--month", "2026-10", "--by", "model,meter", "--format", "csv")
    written, done = (committed.command(user, *asked) for user in ("spanledger_worker", "spanledger_dashboards"))
    assert done.stdout == written.stdout
    assert "unbilled_usage" in done.stdout
    refused = committed.command("spanledger_dashboards", *asked[:3], "--allocate", "metered")
    assert "not enough privileges" in refused.stderr.lower()
    assert committed.query("spanledger_owner", "SELECT count() FROM reconciliation") == [(0,)]


@pytest.mark.parametrize(
    "table",
    ["price_list", "bill", "bill_line", "charge", "charge_share", "prepaid_draw", "reconciliation", "invoice_share",
     "budget", "alarm", "alarm_turn", "book_entry", "book_statement", "beside_call(from = now64(9), to = now64(9))"],
)  # fmt: skip
def test_a_tenant_sees_nobodys_contracts_prices_bills_or_books(committed: Guarded, table: str) -> None:
    assert committed.refuses("spanledger_tenant_acme", f"SELECT count() FROM {table}")


def test_a_tenant_reads_his_parts_of_shared_costs_alone(committed: Guarded) -> None:
    user = "spanledger_tenant_acme"
    assert committed.command("spanledger_worker", "commitments", "allocate").returncode == 0
    [[all_of_it]] = committed.query("spanledger_owner", "SELECT uniqExact(tenant_id) FROM allocated_cost")
    assert all_of_it > 1
    assert committed.query(user, "SELECT DISTINCT tenant_id FROM allocated_cost") == [("acme",)]
    assert committed.query(user, "SELECT commitment_id FROM commitment FINAL") == [("ptu",)]
    assert committed.refuses(user, "SELECT amount FROM commitment")
    assert committed.query("spanledger_bi", "SELECT count() > 0 FROM bill_line") == [(True,)]
    assert committed.query("spanledger_bi", "SELECT count() > 0 FROM price_list") == [(True,)]


def test_a_tenant_is_told_that_commitments_are_not_in_his_chargeback(committed: Guarded) -> None:
    done = committed.command("spanledger_tenant_acme", "chargeback", *OCTOBER)
    assert done.returncode == 0, done.stderr
    assert "usage price, without the 1 commitment of this period" in done.stderr
    assert "acme" in done.stdout
    assert "northwind" not in done.stdout


def test_the_dashboards_read_as_a_tenant_for_his_viewers(filled: Guarded, tmp_path: Path) -> None:
    configuration = load(data_dir=tmp_path, clickhouse_url=filled.url("spanledger_dashboards"))
    with Store.open(configuration) as whole:
        narrow = whole.scoped({"max_execution_time": 60, **scope_settings("acme")})
        tenants = "SELECT DISTINCT tenant_id FROM {table} ORDER BY 1"
        for table in ("calls", "llm_spans", "ledger_sum"):
            assert {row["tenant_id"] for row in narrow.rows(tenants.format(table=table))} <= {"acme"}, table
        assert narrow.value("SELECT count() FROM calls") == 2
        assert narrow.value("SELECT count() FROM price_list") == 0
        assert whole.value("SELECT count() FROM calls") == 5
        with pytest.raises(StoreError):
            narrow.execute("TRUNCATE TABLE ledger")


def test_bi_sees_figures(filled: Guarded) -> None:
    assert filled.query("spanledger_bi", "SELECT count() FROM calls") == [(5,)]


def test_the_owner_forgets_a_name_and_no_statement_tells_it(filled: Guarded, tmp_path: Path) -> None:
    (tmp_path / "leaver.pb").write_bytes(call({"tenant.id": "leaver"}, spans=2))
    assert filled.command("spanledger_collector", "ingest", tmp_path / "leaver.pb").returncode == 0
    assert filled.command("spanledger_worker", "enrich", "--once").returncode == 0
    done = filled.command("spanledger_owner", "forget", "--tenant", "leaver", "--yes")
    assert done.returncode == 0, done.stderr
    told = re.search(r"forgotten-\w+", done.stdout)
    assert told is not None
    assert filled.query("admin", "SELECT countIf(tenant_id = 'leaver') FROM ledger") == [(0,)]
    assert filled.query("admin", f"SELECT count() FROM ledger FINAL WHERE tenant_id = '{told[0]}'") == [(2,)]
    kept = "SELECT count() FROM system.mutations WHERE position(command, 'leaver') > 0"
    assert filled.query("admin", kept) == [(0,)]
