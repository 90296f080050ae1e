"""Requests that a node has set aside are taken up again by a command, each once."""

from harness import data_folder
from harness.command import in_process
from harness.otlp_request import call
from harness.spooled import request

from spanledger_collector.export_request import from_protobuf
from spanledger_collector.pinning import pinned
from spanledger_settings.configuration import Configuration
from spanledger_sql.store import Store


def test_requests_that_can_be_read_by_now_are_taken_up_and_their_files_removed(configuration: Configuration) -> None:
    data_folder.copy("loaded", configuration.data_dir)
    rejected = configuration.spool / "rejected"
    rejected.mkdir(parents=True)
    for name, body in (("1-0", request(0, 3)), ("1-1", request(3, 4)), ("1-rotten-0", b"\xff\xff")):
        (rejected / f"{name}.pb").write_bytes(body)
        (rejected / f"{name}.txt").write_text("why\n")
    done = in_process("ingest", "--rejected", data_dir=configuration.data_dir)
    assert done.returncode == 1
    assert "7 spans in 2 requests taken up again; 1 request in" in done.stdout
    assert "1-rotten-0.pb stays" in done.stderr
    assert sorted(path.name for path in rejected.iterdir()) == ["1-rotten-0.pb", "1-rotten-0.txt"]
    with Store.open(configuration) as store:
        assert store.value("SELECT count() FROM calls") == 7
    assert in_process("ingest", data_dir=configuration.data_dir).returncode == 2


def test_what_was_set_aside_stays_its_tokens_tenants(configuration: Configuration) -> None:
    data_folder.copy("loaded", configuration.data_dir)
    rejected = configuration.spool / "rejected"
    rejected.mkdir(parents=True)
    sent = from_protobuf(call({"tenant.id": "another"}, spans=2))
    (rejected / "1-0.pb").write_bytes(pinned(sent, "acme").body)
    done = in_process("ingest", "--rejected", data_dir=configuration.data_dir)
    assert done.returncode == 0, done.stderr
    with Store.open(configuration) as store:
        assert store.rows("SELECT tenant_id, count() AS n FROM calls GROUP BY 1") == [{"tenant_id": "acme", "n": 2}]
