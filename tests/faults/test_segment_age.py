"""Segments with few spans wait for more while others were closed shortly before; full ones do not."""

import queue

import pytest
from spooled import spool_of

from spanledger_collector.export_request import ExportRequest


def request(spans):
    return ExportRequest(b"\x0a\x00", spans)


def appended(spool, spans):
    spool.append(request(spans)).result(5)


def test_few_spans_after_a_quiet_while_go_at_once_and_the_next_few_wait(configuration):
    spool = spool_of(configuration, segment_seconds=0.1)
    appended(spool, 1)
    assert spool.ready.get(timeout=0.5) is not None
    appended(spool, 1)
    with pytest.raises(queue.Empty):
        spool.ready.get(timeout=0.5)
    assert spool.ready.get(timeout=4) is not None
    spool.close()


def test_many_spans_do_not_wait(configuration):
    spool = spool_of(configuration, segment_seconds=0.1)
    for _ in range(3):
        appended(spool, 600)
        assert spool.ready.get(timeout=0.5) is not None
    spool.close()
