-- Which calls each commitment covers, by all that it names: a list that is empty says nothing. One row a commitment and
-- call.
--
-- Columns:
--   commitment_id: the commitment
--   covers_usage: whether it pays for the calls
--   in_term: whether the call started while it ran
--   names_nothing: 1 where all of its lists are empty, so that any call fits
--   ts, trace_id, span_id, tenant_id, user_id, input_tokens, output_tokens, duration_ms, least_calls, contracted_cost: as in
--     `calls`
-- Needs: calls, commitment

CREATE OR REPLACE VIEW covered_call AS
SELECT
    owner.commitment_id AS commitment_id,
    owner.covers_usage AS covers_usage,
    call.ts >= owner.begins AND call.ts < owner.ends AS in_term,
    empty(owner.providers) AND empty(owner.accounts) AND empty(owner.models) AND empty(owner.hosts)
        AND empty(owner.tenants) AND empty(owner.agents) AND empty(owner.users) AS names_nothing,
    call.ts AS ts,
    call.trace_id AS trace_id,
    call.span_id AS span_id,
    call.tenant_id AS tenant_id,
    call.user_id AS user_id,
    call.input_tokens AS input_tokens,
    call.output_tokens AS output_tokens,
    call.duration_ms AS duration_ms,
    call.least_calls AS least_calls,
    call.contracted_cost AS contracted_cost
FROM calls AS call
CROSS JOIN (SELECT * FROM commitment FINAL) AS owner
WHERE (empty(owner.providers) OR has(owner.providers, call.provider))
    AND (empty(owner.accounts) OR has(owner.accounts, call.provider_account))
    -- A model is meant with its date and without.
    AND (empty(owner.models) OR hasAny(owner.models, [CAST(call.request_model, 'String'), CAST(call.response_model, 'String'),
        replaceRegexpOne(call.request_model, {{dated_ending}}, ''),
        replaceRegexpOne(call.response_model, {{dated_ending}}, '')]))
    AND (empty(owner.hosts) OR has(owner.hosts, call.host_name))
    AND (empty(owner.tenants) OR has(owner.tenants, call.tenant_id))
    AND (empty(owner.agents) OR has(owner.agents, call.agent))
    AND (empty(owner.users) OR has(owner.users, call.user_id));
