"""An app asks its node what is left of a tenant's budgets: without waiting, and open where nobody answers."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from harness import data_folder
from harness.books import Books
from harness.command import in_process
from harness.node import RunningNode

import spanledger
from spanledger import budget as asking
from spanledger_settings.configuration import Configuration


@pytest.fixture(autouse=True)
def _nobody_was_asked() -> None:
    # What another test configured goes before the environment.
    spanledger.shutdown()
    asking._start_over()


def known_of(tenant: str) -> spanledger.RemainingBudget:
    # A node on a busy machine may answer the first question too late; the next is asked half a minute later.
    for _ in range(1200):
        found = spanledger.remaining_budget(tenant=tenant)
        if found.known:
            return found
        time.sleep(0.05)
    raise AssertionError("nothing is known")


def test_a_node_is_asked_behind_the_answer(
    configuration: Configuration, start_node: Callable[..., RunningNode], write, monkeypatch
):
    with data_folder.opened(configuration, "loaded") as store:
        money = Decimal(3)
        Books(store, configuration).fill(
            {"ts": datetime.now(UTC), "tenant_id": "acme", "price_status": "priced", "list_cost": money,
             "contracted_cost": money, "input_cost": money}
        )  # fmt: skip
    lines = ("budget,for,amount,every", "yearly,tenant=acme,10,year", "daily,tenant=acme,2,year", "all,total,1,year")
    done = in_process("budgets", "import", write(*lines, name="b.csv"), data_dir=configuration.data_dir)
    assert done.returncode == 0, done.stderr
    node = start_node()
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", node.addresses["otlp_http"])
    first = spanledger.remaining_budget(tenant="acme")
    assert first == ("acme", False, ())
    assert not first.exhausted
    found = known_of("acme")
    assert {one.budget: one.remaining for one in found.budgets} == {"yearly": 7, "daily": -1}
    assert found.exhausted
    assert found.left() == -1
    assert found.left("tokens") is None
    assert known_of("globex").budgets == ()
    address = node.addresses["otlp_http"] + "/v1/budgets/remaining"
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(address)
    with urllib.request.urlopen(f"{address}?tenant=acme") as answer:
        assert {one["budget"] for one in json.loads(answer.read())["budgets"]} == {"yearly", "daily"}


def test_a_node_that_hangs_holds_nobody_up(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        monkeypatch.setenv("SPANLEDGER_ENDPOINT", f"http://127.0.0.1:{hanging.getsockname()[1]}")
        took = []
        for _ in range(300):
            before = time.perf_counter()
            assert not spanledger.remaining_budget(tenant="acme").exhausted
            took.append(time.perf_counter() - before)
    # The first starts a thread; one that waited for the node would take seconds.
    assert sum(took) < 1.5
    assert sorted(took)[150] < 0.001


def test_where_nobody_answers_it_is_open_and_asks_once(monkeypatch):
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", "http://127.0.0.1:9")
    asked = []
    said = asking._said
    monkeypatch.setattr(asking, "_said", lambda tenant: asked.append(tenant) or said(tenant))
    for _ in range(200):
        found = spanledger.remaining_budget(tenant="acme")
        assert (found.known, found.exhausted) == (False, False)
        time.sleep(0.001)
    assert asked == ["acme"]


def test_an_answer_that_is_too_old_is_known_no_more(monkeypatch):
    monkeypatch.setenv("SPANLEDGER_ENDPOINT", "http://127.0.0.1:9")
    spent = asking.BudgetLeft("a", "usd", "day", Decimal(1), Decimal(2), Decimal(-1))
    asking._asker._answers["acme"] = (time.monotonic() - 200, (spent,))
    assert spanledger.remaining_budget(tenant="acme").exhausted
    asking._asker._answers["acme"] = (time.monotonic() - 301, (spent,))
    assert not spanledger.remaining_budget(tenant="acme").exhausted
