-- What the calls of a what-if's chunk cost as they were, and would have cost, by the dimensions asked for.
--
-- Parameters:
--   costed Identifier: the calls as they would have been, a table like `ledger`
--   restatement_id String: which calls: the run that holds them
--   chunk UInt32: which calls: the run's part
--   by Array(String): any of tenant, cost_center, environment, service, feature, workflow, user, provider, model; the others are folded
--     into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   list UInt8: 1: compare list costs; 0: contracted ones
--   price_factor Decimal(18, 6): times the new cost
-- Columns:
--   tenant, cost_center, environment, service, feature, workflow, user, provider, model: as booked; '' where not asked for
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: of the chunk
--   input_tokens, output_tokens: as they would have been
--   cost, new_cost: as it was and would have been, USD, of calls that have both
--   unknown_calls: that lack one of them, and are in neither
WITH
    chunk AS
    (
        SELECT ts, trace_id, span_id
        FROM restatement_call
        WHERE restatement_id = {restatement_id:String} AND chunk = {chunk:UInt32}
    ),
    if({list:UInt8}, new.list_cost, new.contracted_cost) AS new_amount,
    if({list:UInt8}, old.list_cost, old.contracted_cost) AS old_amount,
    old_amount IS NOT NULL AND new_amount IS NOT NULL AS both
SELECT
    if(has({by:Array(String)}, 'tenant'), old.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'cost_center'), old.cost_center, '') AS cost_center,
    if(has({by:Array(String)}, 'environment'), old.environment, '') AS environment,
    if(has({by:Array(String)}, 'service'), old.service_name, '') AS service,
    if(has({by:Array(String)}, 'feature'), old.feature, '') AS feature,
    if(has({by:Array(String)}, 'workflow'), old.workflow, '') AS workflow,
    if(has({by:Array(String)}, 'user'), old.user_id, '') AS user,
    if(has({by:Array(String)}, 'provider'), old.provider, '') AS provider,
    if(has({by:Array(String)}, 'model'), old.model, '') AS model,
    arrayMap(name -> old.dimensions[name], {custom:Array(String)}) AS custom,
    sum(old.known_calls) AS calls,
    sum(new.input_tokens) AS input_tokens,
    sum(new.output_tokens) AS output_tokens,
    sum(toDecimal128(if(both, assumeNotNull(old_amount), 0), 12)) AS cost,
    sum(toDecimal128(if(both, assumeNotNull(new_amount), 0), 12) * {price_factor:Decimal(18, 6)}) AS new_cost,
    sumIf(old.least_calls, NOT both) AS unknown_calls
FROM {costed:Identifier} AS new
INNER JOIN
(
    SELECT * FROM calls AS c
    WHERE {{own_where}}
        AND (toStartOfHour(ts), trace_id, span_id) IN (SELECT toStartOfHour(ts), trace_id, span_id FROM chunk)
) AS old
    ON old.trace_id = new.trace_id AND old.span_id = new.span_id
GROUP BY ALL
ORDER BY tenant, cost_center, environment, service, feature, workflow, user, provider, model, custom
