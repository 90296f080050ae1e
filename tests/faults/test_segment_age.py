"""Segments with few spans wait for more while others were closed shortly before; full ones do not."""

import queue
import time

import pytest
from harness.spooled import spool_of

from spanledger_collector.export_request import ExportRequest
from spanledger_collector.otlp_signal import METRICS, TRACES
from spanledger_collector.spool import spool as spool_module
from spanledger_collector.spool.record import length_prefixed


def request(spans, signal=TRACES):
    return ExportRequest(bytes([signal.tag, 0]), spans)


def appended(spool, spans, signal=TRACES):
    spool.append(request(spans, signal)).result(5)


def test_few_spans_after_a_quiet_while_go_at_once_and_the_next_few_wait(configuration):
    spool = spool_of(configuration, segment_seconds=0.1)
    appended(spool, 1)
    assert spool.ready.get(timeout=0.5) is not None
    appended(spool, 1)
    with pytest.raises(queue.Empty):
        spool.ready.get(timeout=0.5)
    assert spool.ready.get(timeout=4) is not None
    spool.close()


def test_metrics_alone_wait_longer_and_for_more_and_spans_beside_them_end_that(configuration):
    spool = spool_of(configuration, segment_seconds=0.1)
    appended(spool, 600, METRICS)
    assert spool.ready.get(timeout=0.5) is not None
    appended(spool, 600, METRICS)
    with pytest.raises(queue.Empty):
        spool.ready.get(timeout=2.5)
    appended(spool, 1)
    assert spool.ready.get(timeout=0.5) is not None
    appended(spool, 20_000, METRICS)
    assert spool.ready.get(timeout=0.5) is not None
    spool.close()


def test_some_spans_wait_less_long_and_many_do_not(configuration):
    spool = spool_of(configuration, segment_seconds=0.1, segment_spans=50_000)
    for _ in range(3):
        appended(spool, 10_000)
        assert spool.ready.get(timeout=0.4) is not None
    appended(spool, 600)
    with pytest.raises(queue.Empty):
        spool.ready.get(timeout=0.4)
    assert spool.ready.get(timeout=1) is not None
    spool.close()


def test_a_segment_grows_while_another_waits_to_be_committed(configuration):
    spool = spool_of(configuration, segment_seconds=0.05, segment_spans=5000)
    for _ in range(3):
        appended(spool, 600)
        time.sleep(0.3)
    assert spool.ready.qsize() == 1
    spool.ready.get()
    grown = spool.ready.get(timeout=1)
    assert grown.path.stat().st_size == 2 * len(length_prefixed(b"\x0a\x00"))
    spool.close()


def test_a_segment_of_many_bytes_is_closed_however_few_its_spans(configuration, monkeypatch):
    monkeypatch.setattr(spool_module, "_MOST_BYTES", 5)
    spool = spool_of(configuration, segment_seconds=60)
    for _ in range(4):
        appended(spool, 1)
    for _ in range(2):
        assert spool.ready.get(timeout=1).path.stat().st_size == 2 * len(length_prefixed(b"\x0a\x00"))
    spool.close()
