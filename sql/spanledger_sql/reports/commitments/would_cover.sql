-- How many calls a commitment would cover, by the rule of the view covered_call, before it is there.
--
-- Parameters:
--   begins, ends DateTime('UTC'): its period, half-open
--   providers, accounts, models, hosts, tenants, agents, users Array(String): what it names; a list that is empty says nothing
-- Columns:
--   calls: of any time
--   in_term: of them, in its period
--   list_cost: of those in its period, USD, sum of what is known
SELECT
    sum(known_calls) AS calls,
    sumIf(known_calls, ts >= {begins:DateTime('UTC')} AND ts < {ends:DateTime('UTC')}) AS in_term,
    sumIf(toDecimal128(list_cost, 12), ts >= {begins:DateTime('UTC')} AND ts < {ends:DateTime('UTC')}) AS list_cost
FROM calls
WHERE (empty({providers:Array(String)}) OR has({providers:Array(String)}, provider))
    AND (empty({accounts:Array(String)}) OR has({accounts:Array(String)}, provider_account))
    AND (empty({models:Array(String)}) OR hasAny({models:Array(String)}, [CAST(request_model, 'String'), CAST(response_model, 'String'),
        replaceRegexpOne(request_model, {{dated_ending}}, ''),
        replaceRegexpOne(response_model, {{dated_ending}}, '')]))
    AND (empty({hosts:Array(String)}) OR has({hosts:Array(String)}, host_name))
    AND (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, tenant_id))
    AND (empty({agents:Array(String)}) OR has({agents:Array(String)}, agent))
    AND (empty({users:Array(String)}) OR has({users:Array(String)}, user_id))
