"""What a page says while its database does not answer, and that its figures are there when it does again."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from spanledger_dashboards import open_store
from spanledger_settings.configuration import load
from spanledger_sql.store import Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest


def at(port: int, folder: Path) -> Store:
    address = f"http://admin:s3cret@127.0.0.1:{port}/ledger?send_receive_timeout=1"
    return Store.open(load(data_dir=folder, clickhouse_url=address), at_once=False)


def told(page: AppTest) -> str:
    return "".join(block.proto.body for block in page.get("html") if 'class="sl-refusal"' in block.proto.body)


def test_a_page_whose_server_stopped_says_so_in_a_sentence_and_has_its_figures_back(
    app: Callable[[Store], AppTest], sample_store: Store, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ended:
        port = ended.getsockname()[1]
    with at(port, tmp_path) as gone:
        page = app(gone)
        assert not page.exception
        assert f"nobody answers at 127.0.0.1:{port} (Connection refused); start the database there." in told(page)
        for detail in ("s3cret", "query_id", "HTTPConnection", "join_use_nulls"):
            assert detail not in told(page)

        st.cache_data.clear()
        open_store.hand_over(sample_store)
        [again] = [button for button in page.button if button.label == "Try again"]
        again.click().run()
    assert told(page) == ""
    assert page.metric[0].value.startswith("$")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (True, "the database ended the connection before it answered"),
        (False, "the database has not answered within 1 s; it may be overloaded"),
    ],
)
def test_a_server_that_breaks_off_or_is_silent_is_told_in_a_sentence(
    tmp_path: Path, answers: bool, sentence: str
) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while not over.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1000)
                    if not answers:
                        over.wait(10)

        threading.Thread(target=serve, daemon=True).start()
        try:
            with at(listening.getsockname()[1], tmp_path) as store, pytest.raises(StoreError, match=sentence):
                store.query_frame("SELECT 1")
        finally:
            over.set()


def test_a_node_that_ended_is_told_in_a_sentence(tmp_path: Path) -> None:
    store = Store("node", f"chdb://{tmp_path}/clickhouse", node=tmp_path / "node.sock", scope={})
    with pytest.raises(StoreError, match="the node that had the database does not run any more; start it again"):
        store.query_frame("SELECT 1")
