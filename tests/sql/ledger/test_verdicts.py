"""Stage 2: what was said of whose a call is, and whether it counts."""


def test_the_latest_verdict_and_the_rules_word_stand_in_one_row(stage):
    stage.batch({"span": 1}, {"span": 2})
    said = {"span": 1, "trace_id": "", "span_id": ""}
    stage.given(
        "call_verdict",
        {**said, "counted": 1, "tenant_id": "acme", "version": 1},
        {**said, "counted": 0, "tenant_id": "globex", "version": 2},
        {**said, "span": 3, "version": 1},
    )
    stage.given("call_tenant", {"span": 1, "tenant_id": "initech", "tenant_source": "rule 1: a", "before_span": 1})
    columns = "span, counted, tenant_id, rule_tenant_id, rule_source, rule_goes_first"
    assert stage.run("2_verdicts", columns) == [(1, 0, "globex", "initech", "rule 1: a", 1)]
