"""Who may send: tokens, and how much each may."""

from __future__ import annotations

import asyncio
import hashlib
import json
import stat
import time
from datetime import timedelta

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from harness.otlp_request import call
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.testclient import TestClient

from spanledger_collector import otlp_grpc
from spanledger_collector.admission import Admission, NotAdmitted
from spanledger_collector.otlp_http import receiver
from spanledger_collector.span_limits import MOST_ATTRIBUTES
from spanledger_collector.spool.record import encoded_length
from spanledger_settings.access_token import TokenError


def grpc_export(spool, admission, body, token=""):
    """What a client of gRPC gets: the answer's bytes, or the error."""

    async def exchange():
        server, port = otlp_grpc.receiver(spool, "127.0.0.1", 0, max_request_bytes=2**24, admission=admission)
        await server.start()
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
                metadata = (("authorization", f"Bearer {token}"),) if token else ()
                try:
                    return await export(body, metadata=metadata, timeout=20)
                except grpc.aio.AioRpcError as error:
                    return error
        finally:
            await server.stop(0)

    return asyncio.run(exchange())


def test_without_a_file_of_tokens_everybody_may_send(send):
    assert send(call()).status_code == 200


def test_from_the_first_token_on_nobody_sends_without_one(send, tokens):
    token = tokens.create("apps", "northwind")
    refused = send(call())
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert send(call(), token="slt_wrong").status_code == 401
    assert send(call(), token=token).status_code == 200


def test_why_something_waits_is_told_to_nobodys_customer(spool, tokens):
    problem = {"alive": True, "problem": "admin: not enough privileges on spanledger.ledger"}

    def asked(path: str, token: str = "") -> str:
        app = receiver(spool, max_request_bytes=2**20, admission=Admission(tokens), health=lambda: problem)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return TestClient(app).get(path, headers=headers).text

    assert "admin" in asked("/health")
    own, customers = tokens.create("own", None), tokens.create("apps", "northwind")
    assert "admin" in asked("/health", own)
    for path in ("/health", "/ready"):
        for token in ("", "slt_wrong", customers):
            assert "admin" not in asked(path, token)
            assert "failing" in asked(path, token)


def test_a_refusal_does_not_repeat_what_was_sent(send, tokens):
    tokens.create("apps", None)
    assert b"slt_mistyped" not in send(call(), token="slt_mistyped").content


def test_a_file_of_revoked_tokens_opens_nothing(send, tokens):
    token = tokens.create("apps", None)
    tokens.revoke("apps")
    assert send(call(), token=token).status_code == 401
    assert send(call()).status_code == 401


def test_a_running_receiver_follows_the_file(send, tokens):
    token = tokens.create("apps", None)
    assert send(call(), token=token).status_code == 200
    tokens.revoke("apps")
    deadline = time.monotonic() + 10
    while send(call(), token=token).status_code == 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert send(call(), token=token).status_code == 401


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("{"), lambda path: path.unlink()])
def test_a_file_that_is_spoilt_or_taken_away_opens_nothing(tokens, spoil, monkeypatch):
    monkeypatch.setattr("spanledger_collector.admission._LOOK_AGAIN_S", 0)
    token = tokens.create("apps", None)
    admission = Admission(tokens)
    admission.admit(f"Bearer {token}")
    spoil(tokens.path)
    for authorization in ("", f"Bearer {token}"):
        with pytest.raises(NotAdmitted):
            admission.admit(authorization)


def test_tokens_lie_as_hashes_in_a_file_of_their_owner(tokens):
    token = tokens.create("apps", "northwind")
    assert hashlib.sha256(token.encode()).hexdigest() in tokens.path.read_text()
    assert token not in tokens.path.read_text()
    assert token.removeprefix("slt_") not in tokens.path.read_text()
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600


def test_a_token_that_another_takes_the_place_of_ends_after_the_overlap(tokens):
    before = tokens.create("apps", None)
    after = tokens.rotate("apps", overlap=timedelta(hours=1))
    admission = Admission(tokens)
    admission.admit(f"Bearer {before}")
    admission.admit(f"bearer {after}")
    last = tokens.rotate("apps", overlap=timedelta(0))
    admission = Admission(tokens)
    admission.admit(f"Bearer {last}")
    for old in (before, after):
        with pytest.raises(NotAdmitted):
            admission.admit(f"Bearer {old}")


def test_a_token_ends_when_it_was_said_to(tokens):
    token = tokens.create("apps", None, lasts=timedelta(microseconds=1))
    with pytest.raises(NotAdmitted):
        Admission(tokens).admit(f"Bearer {token}")


@pytest.mark.parametrize(
    ("name", "tenant"), [("", None), ("a b", None), ("apps", ""), ("apps", "a\nb"), ("apps", " a")]
)
def test_names_that_are_none_are_refused(tokens, name, tenant):
    with pytest.raises(TokenError, match="expected"):
        tokens.create(name, tenant)


def test_who_sends_too_fast_is_asked_to_wait(send, tokens):
    token = tokens.create("apps", None, spans_per_second=10)
    assert send(call(spans=150), token=token).status_code == 200
    refused = send(call(), token=token)
    assert refused.status_code == 429
    # 50 beyond ten seconds' worth, at ten a second.
    assert 4 <= int(refused.headers["retry-after"]) <= 6


def test_one_senders_rate_is_not_anothers(send, tokens):
    fast, other = tokens.create("fast", None, spans_per_second=10), tokens.create("other", None, spans_per_second=10)
    send(call(spans=150), token=fast)
    assert send(call(), token=other).status_code == 200


def test_grpc_asks_for_a_token(spool, tokens):
    token = tokens.create("apps", None)
    admission = Admission(tokens)
    assert grpc_export(spool, admission, call()).code() == grpc.StatusCode.UNAUTHENTICATED
    assert grpc_export(spool, admission, call(), token) == b""


def test_grpc_tells_when_to_try_again(spool, tokens):
    token = tokens.create("apps", None, spans_per_second=10)
    admission = Admission(tokens)
    assert grpc_export(spool, admission, call(spans=150), token) == b""
    error = grpc_export(spool, admission, call(), token)
    assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    status = Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    info = RetryInfo()
    assert status.details[0].Unpack(info)
    assert 3 <= info.retry_delay.ToTimedelta().total_seconds() <= 6


def test_a_span_of_too_many_attributes_is_refused_alone(send, spool):
    overfull = {f"a{number}": number for number in range(MOST_ATTRIBUTES)}
    answer = send(call() + call(**overfull) + call())
    assert answer.status_code == 200
    success = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert success.rejected_spans == 1
    assert str(f"{MOST_ATTRIBUTES:,}") in success.error_message
    spool.close()
    [segment] = [path for path in spool.folder.iterdir() if path.suffix == ".ready"]
    assert b"a1000" not in segment.read_bytes()


def test_grpc_refuses_such_a_span_alike(spool):
    overfull = {f"a{number}": number for number in range(MOST_ATTRIBUTES)}
    answer = grpc_export(spool, Admission(), call(**overfull))
    assert ExportTraceServiceResponse.FromString(answer).partial_success.rejected_spans == 1


@pytest.mark.parametrize(("events", "refused"), [(MOST_ATTRIBUTES, 0), (MOST_ATTRIBUTES + 1, 1)])
def test_a_span_of_too_many_events_is_refused(send, events, refused):
    request = ExportTraceServiceRequest.FromString(call() + call())
    crowded = request.resource_spans[1].scope_spans[0].spans[0]
    for _ in range(events):
        crowded.events.add(name="token")
    answer = send(request.SerializeToString())
    assert answer.status_code == 200
    assert ExportTraceServiceResponse.FromString(answer.content).partial_success.rejected_spans == refused


@pytest.mark.parametrize("tag", [b"\x5a", b"\xda\x00", b"\xda\x80\x00"])
def test_events_count_however_long_their_tags_are_written(send, tag):
    within = b"".join((b"\x0a\x10", b"\x0a" * 16, b"\x12\x08", b"\x0b" * 8, (tag + b"\x00") * (MOST_ATTRIBUTES + 1)))
    for field in (b"\x12", b"\x12", b"\x0a"):  # a scope's span, a resource's scope, the request's resource
        within = field + encoded_length(len(within)) + within
    success = ExportTraceServiceResponse.FromString(send(within).content).partial_success
    assert success.rejected_spans == 1


@pytest.mark.parametrize(("events", "refused"), [(MOST_ATTRIBUTES, 0), (MOST_ATTRIBUTES + 1, 1)])
def test_such_a_span_in_json_is_refused_alike(send, events, refused):
    span = {"traceId": "0a" * 16, "spanId": "0b" * 8, "events": [{"name": "token"}] * events}
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    answer = send(body, **{"content-type": "application/json"})
    assert answer.status_code == 200
    assert int(answer.json().get("partialSuccess", {}).get("rejectedSpans", 0)) == refused


def test_what_many_spans_hold_together_is_no_span_of_too_many_attributes(send):
    some = {f"a{number}": number for number in range(MOST_ATTRIBUTES // 2)}
    answer = send(call(**some) + call(**some) + call(**some))
    assert not ExportTraceServiceResponse.FromString(answer.content).partial_success.rejected_spans


@pytest.mark.parametrize("content_type", ["application/x-protobuf", "application/json"])
def test_values_that_are_nested_without_end_are_refused(send, content_type):
    if content_type.endswith("json"):
        value = '{"arrayValue": {"values": [' * 150 + "{}" + "]}}" * 150
        attributes = f'[{{"key": "deep", "value": {value}}}]'
        body = f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{{"attributes": {attributes}}}]}}]}}]}}'.encode()
    else:
        # From the inside: a value in an array of a value 150 times over, in the fields of an attribute and a span.
        body = b""
        for tag in (*(b"\x0a", b"\x2a") * 150, b"\x12", b"\x4a", b"\x12", b"\x12", b"\x0a"):
            body = tag + encoded_length(len(body)) + body
    assert send(body, **{"content-type": content_type}).status_code == 400
