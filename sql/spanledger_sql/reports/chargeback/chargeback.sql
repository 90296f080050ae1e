-- What to charge back: calls, tokens, cost and emissions by the dimensions asked for.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of month, day, hour, tenant, cost_center, environment, service, feature, workflow, user,
--     session, run, provider, account, model, operation, service_tier, region, zone; the others are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   timezone String: of the times
--   tenants Array(String): only theirs; none: everybody's
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
-- Columns:
--   month, day, hour: of the call's start, in the time zone; '' where not asked for; an hour has its offset
--   tenant, cost_center, environment, service, feature, workflow, user, session, run: '' where not asked for
--   provider, account, model, operation, service_tier, region, zone: likewise
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: counted ones; 0 where a metered host's idle energy is all there is: `(idle)`, last
--   input_tokens, cache_read_tokens, output_tokens: sums
--   list_cost, contracted_cost: USD, sums of what is known
--   energy_kwh: PUE included, kWh, sum of what is known
--   co2e_kg, co2e_kg_low, co2e_kg_high: of the operation, location-based, with its 90 % interval, kgCO2e
--   unpriced_calls, unknown_energy_calls, missing_usage_calls: calls without a price, a known energy, tokens
--   partly_priced_calls: calls of whose cost a part is unknown, which list_cost and contracted_cost leave out
--   partly_priced_share: of the calls, 0 to 1; NULL without calls
--   unpriced_parts: up to five kinds of such parts
WITH
    {{idle_or}},
    groups AS
    (
        SELECT
            -- All that a row is told apart by, in the order of the columns: the engine plans each column of each step.
            (
                if(has({by:Array(String)}, 'month'), formatDateTime(toTimeZone(c.ts, {timezone:String}), '%Y-%m'), ''),
                if(has({by:Array(String)}, 'day'), toString(toDate(toTimeZone(c.ts, {timezone:String}))), ''),
                -- With its offset: an hour of a clock that is put back comes twice.
                if(has({by:Array(String)}, 'hour'),
                   formatDateTime(toStartOfHour(toTimeZone(c.ts, {timezone:String})), '%Y-%m-%dT%H:%i%z'), ''),
                if(has({by:Array(String)}, 'tenant'), c.tenant_id, ''),
                if(has({by:Array(String)}, 'cost_center'), idle_or(c.operation, c.cost_center), ''),
                if(has({by:Array(String)}, 'environment'), idle_or(c.operation, c.environment), ''),
                if(has({by:Array(String)}, 'service'), idle_or(c.operation, c.service_name), ''),
                if(has({by:Array(String)}, 'feature'), idle_or(c.operation, c.feature), ''),
                if(has({by:Array(String)}, 'workflow'), idle_or(c.operation, c.workflow), ''),
                if(has({by:Array(String)}, 'user'), idle_or(c.operation, c.user_id), ''),
                if(has({by:Array(String)}, 'session'), idle_or(c.operation, c.session_id), ''),
                if(has({by:Array(String)}, 'run'), idle_or(c.operation, c.run_id), ''),
                if(has({by:Array(String)}, 'provider'), idle_or(c.operation, c.provider), ''),
                if(has({by:Array(String)}, 'account'), idle_or(c.operation, c.provider_account), ''),
                if(has({by:Array(String)}, 'model'), idle_or(c.operation, c.model), ''),
                if(has({by:Array(String)}, 'operation'), c.operation, ''),
                if(has({by:Array(String)}, 'service_tier'), idle_or(c.operation, c.service_tier), ''),
                if(has({by:Array(String)}, 'region'), c.cloud_region, ''),
                if(has({by:Array(String)}, 'zone'), c.zone, ''),
                arrayMap(name -> c.dimensions[name], {custom:Array(String)})
            ) AS keys,
            sum(c.calls) AS calls,
            sum(c.input_tokens) AS input_tokens,
            sum(c.cache_read_tokens) AS cache_read_tokens,
            sum(c.output_tokens) AS output_tokens,
            sum(toDecimal128(c.list_cost, 12)) AS list_cost,
            sum(toDecimal128(c.contracted_cost, 12)) AS contracted_cost,
            sumIf(c.calls, c.price_status = 'unpriced') AS unpriced_calls,
            sumIf(c.calls, c.energy_wh IS NULL) AS unknown_energy_calls,
            sumIf(c.calls, c.usage_source = 'missing') AS missing_usage_calls,
            sumIf(c.calls, c.price_status = 'partial') AS partly_priced_calls,
            {{kinds_of_parts}} AS kinds_of_parts,
            {{group_sums}}
        FROM drawn_hours({{what_is_told_apart}}) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, c.tenant_id))
            AND {{own_where}}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            keys,
            sum(e.calls) AS calls,
            sum(e.input_tokens) AS input_tokens,
            sum(e.cache_read_tokens) AS cache_read_tokens,
            sum(e.output_tokens) AS output_tokens,
            sum(e.list_cost) AS list_cost,
            sum(e.contracted_cost) AS contracted_cost,
            sum(e.unpriced_calls) AS unpriced_calls,
            sum(e.unknown_energy_calls) AS unknown_energy_calls,
            sum(e.missing_usage_calls) AS missing_usage_calls,
            sum(e.partly_priced_calls) AS partly_priced_calls,
            arraySort(groupUniqArrayArray(100)(e.kinds_of_parts)) AS kinds_of_parts,
            {{uncertain_sums}}
        FROM expected AS e
        GROUP BY keys
    ),
    {{interval}}
SELECT
    keys.1 AS month, keys.2 AS day, keys.3 AS hour, keys.4 AS tenant, keys.5 AS cost_center, keys.6 AS environment,
    keys.7 AS service, keys.8 AS feature, keys.9 AS workflow, keys.10 AS user, keys.11 AS session, keys.12 AS run,
    keys.13 AS provider, keys.14 AS account, keys.15 AS model, keys.16 AS operation, keys.17 AS service_tier,
    keys.18 AS region, keys.19 AS zone, keys.20 AS custom,
    calls,
    input_tokens,
    cache_read_tokens,
    output_tokens,
    list_cost,
    contracted_cost,
    energy_wh / 1000 AS energy_kwh,
    co2e_g / 1000 AS co2e_kg,
    g_low / 1000 AS co2e_kg_low,
    g_high / 1000 AS co2e_kg_high,
    unpriced_calls,
    unknown_energy_calls,
    missing_usage_calls,
    partly_priced_calls,
    if(calls = 0, NULL, partly_priced_calls / calls) AS partly_priced_share,
    arrayStringConcat(arraySlice(kinds_of_parts, 1, 5), ', ') AS unpriced_parts
FROM summed
ORDER BY
    month, day, hour,
    -- What nobody caused is ranked with nobody.
    has([tenant, cost_center, environment, service, feature, workflow, user, session, run, provider, account, model,
         service_tier], '(idle)'),
    contracted_cost DESC NULLS LAST, tenant, model
