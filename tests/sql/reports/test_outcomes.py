"""What a good result costs: outcomes tied to their calls, against figures worked out by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from harness.books import NOON
from harness.otlp_request import NOON as NANOSECONDS
from harness.otlp_request import call as otlp_call
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spanledger_collector.export_request import from_protobuf
from spanledger_collector.otlp_signal import LOGS
from spanledger_collector.spool.record import length_prefixed

TRACE = bytes(range(16))


def call(number, cost, grams, **said):
    return {
        "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "price_status": "priced", "list_cost": Decimal(cost),
        "contracted_cost": Decimal(cost), "energy_wh": grams, "co2e_g": grams, "run_id": "", "response_id": "",
        **said,
    }  # fmt: skip


def outcome(name, **said):
    return {
        "outcome_id": f"{name} {sorted(said.items())}", "ts": NOON, "name": name, "label": "", "score": None,
        "good": None, "revenue": None, "tenant_id": "acme", "feature": "", "session_id": "", "run_id": "",
        "trace_id": "",
        "response_id": "", "service_name": "app", "signal": "span", "ingested_at": NOON, **said,
    }  # fmt: skip


@pytest.fixture
def ledger(books):
    books.fill(
        call(1, "1", 10.0, run_id="r1", feature="tickets"),
        call(2, "2", 20.0, run_id="r1", session_id="s1", ts=NOON - timedelta(days=20)),
        call(3, "4", 40.0, run_id="r2", session_id="s1", response_id="answer"),
        call(4, "8", 80.0, tenant_id="globex", run_id="r1"),
        call(5, "16", 160.0, session_id="s2", ts=NOON - timedelta(days=60)),
        call(6, "32", 320.0, session_id="s2", contracted_cost=None, list_cost=None, co2e_g=None),
    )
    books.store.execute("TRUNCATE TABLE outcome")
    return books


def told(books, by=(), **parameters):
    rows = books.report("finance/outcomes", list(by), good_score="", **parameters)
    return {(row["name"], row["tenant"], row["feature"]): row for row in rows}


def test_a_good_result_costs_what_all_tries_did(ledger):
    ledger.store.insert("outcome", [
        outcome("solved", good=1, run_id="r1", revenue=Decimal(10)),
        outcome("solved", good=0, run_id="r2"),
        # The same run once more: its calls count once.
        outcome("solved", good=1, run_id="r1", revenue=Decimal(5), ts=NOON + timedelta(hours=1)),
        outcome("answered", good=1, response_id="answer", run_id="r1"),
        outcome("visited", label="x", session_id="s2"),
        outcome("lost", good=1, trace_id=f"{99:032x}", revenue=Decimal(9)),
    ])  # fmt: skip
    rows = told(ledger)
    solved = rows["solved", "", ""]
    # Calls 1, 2 and 3: USD 7, 70 g, two good results.
    assert (solved["outcomes"], solved["good"], solved["bad"], solved["calls"]) == (3, 2, 1, 3)
    assert (solved["cost"], solved["cost_per_good"], solved["co2e_g_per_good"]) == (7, 3.5, 35.0)
    assert (solved["revenue"], solved["margin"]) == (15, 8)
    assert rows["answered", "", ""]["cost"] == 4
    # A call of sixty days ago is none of it; what has no cost is said.
    visited = rows["visited", "", ""]
    assert (visited["undecided"], visited["calls"], visited["unknown_cost_calls"], visited["cost"]) == (1, 1, 1, 0)
    assert (visited["cost_per_good"], visited["revenue"], visited["margin"]) == (None, None, None)
    # Of what nothing is known, nothing is said: it did not cost nothing.
    lost = rows["lost", "", ""]
    assert (lost["without_calls"], lost["calls"], lost["cost"], lost["revenue"]) == (1, 0, 0, 9)
    assert (lost["cost_per_good"], lost["co2e_g_per_good"], lost["margin"]) == (None, None, None)


def test_a_result_that_no_call_is_found_for_makes_the_others_no_cheaper(ledger):
    ledger.store.insert("outcome", [
        outcome("solved", good=1, run_id="r1", revenue=Decimal(10)),
        outcome("solved", good=1, run_id="elsewhere", revenue=Decimal(100)),
        # What another tenant's run cost is nobody else's.
        outcome("solved", good=1, tenant_id="initech", run_id="r1", revenue=Decimal(1000)),
    ])  # fmt: skip
    [solved] = told(ledger).values()
    assert (solved["good"], solved["without_calls"], solved["calls"], solved["revenue"]) == (3, 2, 2, 1110)
    # Calls 1 and 2: USD 3, 30 g, for the one good result that they are known to be for.
    assert (solved["cost"], solved["cost_per_good"], solved["co2e_g_per_good"], solved["margin"]) == (3, 3.0, 30.0, 7)


def test_how_long_before_it_its_calls_are_does_not_depend_on_the_period(ledger):
    late = NOON + timedelta(days=21)
    ledger.store.insert("outcome", [
        # Calls of the session were 41 and 21 days before it.
        outcome("late", good=1, session_id="s1", ts=late),
        # The call was 36 hours after it.
        outcome("early", good=1, run_id="r2", ts=NOON - timedelta(hours=36)),
    ])  # fmt: skip
    whole = told(ledger)
    assert (whole["late", "", ""]["calls"], whole["late", "", ""]["cost"]) == (1, 4)
    assert (whole["early", "", ""]["calls"], whole["early", "", ""]["without_calls"]) == (0, 1)
    day = late.replace(hour=0, minute=0)
    alone = told(ledger, **{"from": day, "to": day + timedelta(days=1)})
    assert alone["late", "", ""] == whole["late", "", ""]


def test_an_outcome_that_says_nobody_is_of_whom_its_calls_are(ledger):
    ledger.store.insert("outcome", [
        outcome("solved", good=1, run_id="r1"),
        outcome("graded", tenant_id="(unattributed)", trace_id=f"{4:032x}", score=0.9),
        outcome("graded", tenant_id="(unattributed)", trace_id=f"{1:032x}", score=0.2),
    ])  # fmt: skip
    rows = told(ledger, ["tenant", "feature"])
    assert rows["graded", "globex", "chat"]["cost"] == 8
    assert rows["graded", "acme", "tickets"]["cost"] == 1
    assert sum(row["cost"] for row in rows.values() if row["name"] == "solved") == 3
    [globex] = told(ledger, ["tenant"], tenants=["globex"]).values()
    assert (globex["tenant"], globex["outcomes"], globex["cost"]) == ("globex", 1, 8)
    [by_score] = ledger.report("finance/outcomes", [], good_score="0.5")[:1]
    assert (by_score["name"], by_score["good"], by_score["bad"]) == ("graded", 1, 1)


def test_outcomes_come_over_the_wire_without_what_explains_them(books):
    books.empty()
    books.store.execute("TRUNCATE TABLE outcome")
    books.store.execute("TRUNCATE TABLE reported_outcome")
    span = {"gen_ai__operation__name": "outcome", "spanledger__outcome__name": "solved",
            "spanledger__outcome__good": "true", "spanledger__outcome__revenue_usd": "1.25", "tenant__id": "acme",
            "spanledger__run_id": "r1"}  # fmt: skip
    result = ExportTraceServiceRequest.FromString(otlp_call(trace=TRACE, span=bytes(7) + b"\x09", **span))
    said_of_it = result.resource_spans[0].scope_spans[0].spans[0].attributes
    for other in [one for one in said_of_it if one.key.replace(".", "__") not in span]:
        said_of_it.remove(other)
    request = ExportTraceServiceRequest.FromString(otlp_call(trace=TRACE, gen_ai__response__id="answer"))
    event = request.resource_spans[0].scope_spans[0].spans[0].events.add(name="gen_ai.evaluation.result")
    event.time_unix_nano = NANOSECONDS
    logs = LOGS.message()
    record = (
        logs.resource_logs.add()
        .scope_logs.add()
        .log_records.add(time_unix_nano=NANOSECONDS, event_name="gen_ai.evaluation.result", trace_id=TRACE)
    )
    said = {
        "gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.label": "fail",
        "gen_ai.evaluation.score.value": 0.25, "gen_ai.evaluation.explanation": "SECRET",
        "gen_ai.response.id": "answer",
    }  # fmt: skip
    for attributes in (event.attributes, record.attributes):
        for key, value in said.items():
            held = attributes.add(key=key).value
            if isinstance(value, float):
                held.double_value = value
            else:
                held.string_value = value
    for time in range(2):
        bodies = [from_protobuf(one.SerializeToString()).body for one in (result, request)]
        bodies.append(from_protobuf(logs.SerializeToString(), LOGS).body)
        for number, body in enumerate(bodies):
            books.store.insert_otlp(length_prefixed(body), f"outcomes {time} {number}")
    books.enrich()
    rows = books.store.rows(
        "SELECT signal, name, label, score, good, revenue, tenant_id, run_id, response_id, trace_id FROM outcome FINAL "
        "ORDER BY signal"
    )
    evaluated = ("Relevance", "fail", 0.25, 0, None, "(unattributed)", "", "answer", TRACE.hex())
    assert [tuple(row.values()) for row in rows] == [
        ("event", *evaluated), ("log", *evaluated),
        ("span", "solved", "", None, 1, Decimal("1.25"), "acme", "r1", "", TRACE.hex()),
    ]  # fmt: skip
    for table in ("outcome", "reported_outcome", "otel_traces", "otel_logs"):
        assert "SECRET" not in str(books.store.rows(f"SELECT * FROM {table}"))
    assert books.store.value("SELECT count() FROM calls") == 1


def test_results_of_one_time_are_told_apart_by_what_they_are_of(books):
    books.store.execute("TRUNCATE TABLE reported_outcome")
    request = ExportTraceServiceRequest.FromString(otlp_call(trace=TRACE))
    logs = LOGS.message()
    records = logs.resource_logs.add().scope_logs.add().log_records
    told = {"gen_ai.evaluation.name": "Relevance", "gen_ai.evaluation.score.label": "pass"}
    other = [
        {}, {"gen_ai.response.id": "a"}, {"gen_ai.response.id": "b"}, {"spanledger.run_id": "a"},
        {"gen_ai.conversation.id": "a"}, {"tenant.id": "acme"}, {"gen_ai.evaluation.score.value": "0.5"},
    ]  # fmt: skip
    for said in other:
        record = records.add(time_unix_nano=NANOSECONDS, event_name="gen_ai.evaluation.result")
        event = (
            request.resource_spans[0]
            .scope_spans[0]
            .spans[0]
            .events.add(name="gen_ai.evaluation.result", time_unix_nano=NANOSECONDS)
        )
        for attributes in (record.attributes, event.attributes):
            for key, value in {**told, **said}.items():
                attributes.add(key=key).value.string_value = value
    # What comes twice is still one.
    for time in range(2):
        for body in (
            from_protobuf(request.SerializeToString()).body, from_protobuf(logs.SerializeToString(), LOGS).body,
        ):  # fmt: skip
            books.store.insert_otlp(length_prefixed(body), f"apart {time} {len(body)}")
    found = {
        row["signal"]: row["outcomes"]
        for row in books.store.rows("SELECT signal, count() AS outcomes FROM reported_outcome FINAL GROUP BY signal")
    }
    # A span's run, session and tenant are its own: of its events the answers and scores tell them apart.
    assert found == {"log": 7, "event": 4}
