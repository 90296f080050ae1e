-- The calls of `candidates`, by their hour and ids, as searches show them: in force at `moment`, as `c`.
SELECT
    c.ts AS ts,
    c.trace_id AS trace_id,
    c.span_id AS span_id,
    if(c.tenant_id = '', '(unattributed)', c.tenant_id) AS tenant,
    c.feature AS feature,
    c.workflow AS workflow,
    c.service_name AS service,
    c.user_id AS user,
    c.provider AS provider,
    c.model AS model,
    c.operation AS operation,
    c.status AS status,
    c.error_type AS error_type,
    c.finish_reason AS finish_reason,
    c.calls AS calls,
    c.input_tokens AS input_tokens,
    c.cache_read_tokens AS cache_read_tokens,
    c.output_tokens AS output_tokens,
    c.duration_ms AS duration_ms,
    c.ttft_ms AS ttft_ms,
    c.list_cost AS list_cost,
    c.contracted_cost AS contracted_cost,
    c.price_status AS price_status,
    c.usage_source AS usage_source,
    c.energy_wh AS energy_wh,
    c.co2e_g AS co2e_g,
    c.zone AS zone
FROM
(
    SELECT
        *,
        if(response_model != '', response_model, request_model) AS model
    FROM ledger FINAL
    PREWHERE enriched_at <= {moment:DateTime64(6, 'UTC')} AND (toStartOfHour(ts), trace_id, span_id) IN candidates
    WHERE counted = 1
    SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
) AS c
