"""Alarms reach their receivers: once each where nothing fails, again with the same key where a process is killed."""

from __future__ import annotations

import signal
import socketserver
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from harness import data_folder

from spanledger_enrich.books.budgets import alarm, outbox
from spanledger_settings.configuration import load
from spanledger_sql.store import Store

_KILLED = """
import sys
from spanledger_enrich.books.budgets import outbox
from spanledger_settings.configuration import load
from spanledger_sql.store import Store
configuration = load(data_dir=sys.argv[1], alarm_webhook=sys.argv[2])
with Store.open(configuration, exclusive=True) as store:
    outbox.deliver(store, configuration)
"""


def raise_one(store: Store, budget: str = "acme <monthly>") -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    row = alarm._row(
        "threshold", (budget,), budget_id=budget, tenant_id="acme", begins=now, ends=now, unit="usd",
        reached=Decimal(81), bound=Decimal(100),
    )  # fmt: skip
    alarm.note(store, [{**row, "percent": Decimal(80)}])


def test_each_alarm_is_sent_once_on_each_channel(store, configuration, receiver):
    set_up = load(
        data_dir=configuration.data_dir, alarm_webhook=receiver.url("/own"), alarm_slack_webhook=receiver.url("/slack")
    )
    raise_one(store)
    raise_one(store)
    assert outbox.deliver(store, set_up).delivered == 2
    assert outbox.deliver(store, set_up).delivered == 0
    (own, body, key), (slack, message, _) = receiver.taken
    assert (own, slack) == ("/own", "/slack")
    assert body["key"] == key
    assert (body["reached"], body["percent"], body["tenant"]) == ("81.000000000000", "80.0000", "acme")
    assert list(message) == ["text"]
    assert "acme &lt;monthly&gt;: 81.00 USD of 100.00 USD used" in message["text"]


@pytest.mark.parametrize(
    ("unit", "reached", "bound", "told"),
    [
        ("usd", "0.000812", "0.001", "0.00081 USD of 0.001 USD used"),
        ("usd", "0.0125", "0.0125", "0.0125 USD of 0.0125 USD used"),
        ("usd", "10.0041", "10.004", "10.004 USD of 10.004 USD used"),
        ("usd", "1234.5678", "1200", "1,234.57 USD of 1,200.00 USD used"),
        ("kgco2e", "0.00000412", "0.000004", "0.0000041 kgCO2e of 0.000004 kgCO2e used"),
        ("tokens", "1500", "1000", "1,500 tokens of 1,000 tokens used"),
    ],
)
def test_an_alarm_on_a_small_budget_does_not_say_nothing(unit, reached, bound, told):
    amounts = {
        "reached": Decimal(reached).quantize(Decimal("1e-12")),
        "bound": Decimal(bound).quantize(Decimal("1e-12")),
    }
    row = {"kind": "threshold", "budget_id": "b", "begins": datetime(2024, 10, 1, tzinfo=UTC), "percent": Decimal(80)}
    assert told in alarm.told({**row, **amounts, "unit": unit})


def test_a_receiver_that_is_away_for_a_moment_is_tried_again(store, configuration, receiver):
    receiver.statuses = [503, 429]
    set_up = load(data_dir=configuration.data_dir, alarm_webhook=receiver.url("/own"))
    raise_one(store)
    assert outbox.deliver(store, set_up).delivered == 1
    assert len({key for _, _, key in receiver.taken}) == 1
    assert store.value("SELECT attempts FROM alarm_delivery FINAL") == 3


def test_what_a_receiver_refuses_waits_and_says_why_without_the_address(store, configuration, receiver):
    receiver.statuses = [403]
    set_up = load(data_dir=configuration.data_dir, alarm_webhook=receiver.url("/secret"))
    raise_one(store)
    raise_one(store, "another")
    done = outbox.deliver(store, set_up)
    assert (done.delivered, done.waiting, done.problems) == (0, 2, {"webhook": "the answer was 403"})
    assert len(receiver.taken) == 1
    assert outbox.deliver(store, set_up).delivered == 2


def test_a_killed_delivery_is_sent_again_with_the_same_key_and_then_no_more(tmp_path, receiver):
    configuration = load(data_dir=tmp_path / "data", alarm_webhook=receiver.url("/own"))
    with data_folder.opened(configuration) as store:
        raise_one(store)
    receiver.holds_s = 30.0
    line = [sys.executable, "-c", _KILLED, str(configuration.data_dir), receiver.url("/own")]
    process = subprocess.Popen(line)
    for _ in range(600):
        if receiver.taken:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    receiver.holds_s = 0.0
    with Store.open(configuration, exclusive=True) as store:
        assert outbox.deliver(store, configuration).delivered == 1
        assert outbox.deliver(store, configuration).delivered == 0
    assert len(receiver.taken) == 2
    assert len({key for _, _, key in receiver.taken}) == 1
    assert [body["maybe_twice"] for _, body, _ in receiver.taken] == [False, True]


def test_of_several_that_send_at_once_one_sends_each_alarm(store, configuration, receiver):
    set_up = load(
        data_dir=configuration.data_dir, alarm_webhook=receiver.url("/own"), alarm_slack_webhook=receiver.url("/slack")
    )
    for number in range(4):
        raise_one(store, f"budget {number}")
    receiver.holds_s = 0.02

    def sending(owner: str) -> int:
        return outbox.deliver(store, set_up, owner=f"elsewhere:1:{owner}").delivered

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(sending, "abc")) == 8
    assert len({(path, key or body["text"]) for path, body, key in receiver.taken}) == len(receiver.taken) == 8


def test_a_turn_is_left_to_who_has_it_until_nobody_can_have_it_any_more(store, configuration, receiver):
    set_up = load(data_dir=configuration.data_dir, alarm_slack_webhook=receiver.url("/slack"))
    raise_one(store)
    key = store.value("SELECT alarm_key FROM alarm")
    turn = {"alarm_key": key, "channel": "slack", "turn": 1, "owner": "elsewhere:1:a", "at": datetime.now(UTC)}
    store.insert("alarm_turn", [turn])
    assert (outbox.deliver(store, set_up).waiting, receiver.taken) == (1, [])
    store.execute("TRUNCATE TABLE alarm_turn")
    store.insert("alarm_turn", [{**turn, "at": datetime.now(UTC) - timedelta(minutes=3)}])
    assert outbox.deliver(store, set_up).delivered == 1
    assert receiver.taken[0][1]["text"].endswith("(this may be told twice: whether it was taken before is not known)")


class Relay(socketserver.ThreadingTCPServer):
    """Takes mail on loopback, and keeps it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Relaying)
        self.taken: list[str] = []
        self.says = {b"QUIT": b"221 bye"}
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Relaying(socketserver.StreamRequestHandler):
    server: Relay

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text.decode())
                self.server.taken.append("".join(lines))
            self.wfile.write(self.server.says.get(word, b"250 fine") + b"\r\n")


def by_mail(configuration, relay):
    return load(
        data_dir=configuration.data_dir, alarm_email="ops@example.com", alarm_email_from="ledger@example.com",
        alarm_smtp=f"127.0.0.1:{relay.server_address[1]}",
    )  # fmt: skip


def test_a_mail_that_was_taken_is_delivered_however_the_relay_parts(store, configuration):
    with Relay() as relay:
        relay.says[b"QUIT"] = b"421 closing"
        raise_one(store)
        assert outbox.deliver(store, by_mail(configuration, relay)).delivered == 1
        assert outbox.deliver(store, by_mail(configuration, relay)).delivered == 0
        relay.shutdown()
    (mail,) = relay.taken
    assert "\r\nDate: " in mail


def test_a_recipient_that_the_relay_refuses_is_told_and_not_as_maybe_taken(store, configuration):
    with Relay() as relay:
        relay.says[b"RCPT"] = b"550 unknown"
        raise_one(store)
        assert outbox.deliver(store, by_mail(configuration, relay)).problems == {
            "email": "the mail server refused the recipient: 550"
        }
        relay.says.pop(b"RCPT")
        assert outbox.deliver(store, by_mail(configuration, relay)).delivered == 1
        relay.shutdown()
    assert "told twice" not in relay.taken[0]


def test_an_alarm_comes_by_mail_under_its_key(store, configuration):
    with Relay() as relay:
        set_up = by_mail(configuration, relay)
        raise_one(store, "acme\nBcc: all@example.com")
        assert outbox.deliver(store, set_up).delivered == 1
        assert outbox.deliver(store, set_up).delivered == 0
        relay.shutdown()
    (mail,) = relay.taken
    key = store.value("SELECT alarm_key FROM alarm")
    headers = mail.partition("\r\n\r\n")[0]
    assert f"Message-ID: <{key}@example.com>" in headers.replace("\r\n ", " ")
    assert "\r\nBcc:" not in headers
    assert "81.00 USD of 100.00 USD used" in mail.replace("=\r\n", "").replace("\r\n ", " ")
