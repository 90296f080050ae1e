-- What the figures of a period do not know: whose a call was, or what it cost. A call may be in more than one gap; a gap
-- that does not exist has no row.
--
-- 'unattributed': no tenant; the cost is known and in the totals. 'unpriced': no price for the model; the cost is not
-- in the totals. 'partly priced': a part of what was charged for has no price; the rest is in the totals. 'missing usage': the answer named no tokens; the cost is not in the totals. 'estimated usage': tokens
-- were counted by us; the cost is in the totals.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   gap: what is not known
--   calls: how many
--   tokens: of these, input + output
--   contracted_cost: of these, USD, sum of what is known
--   examples: up to three services of unattributed calls, models of the others
--   names: how many such names there are in all
WITH
    selected AS
    (
        SELECT
            if(tenant_id = '', '(unattributed)', tenant_id) AS tenant,
            price_status = 'unpriced' OR (contracted_cost IS NULL AND usage_source != 'missing') AS unpriced,
            price_status = 'partial' AND NOT unpriced AS partly_priced,
            usage_source = 'missing' AND contracted_cost IS NULL AS without_usage,
            usage_source = 'estimated' AS estimated,
            service_name,
            model,
            input_tokens + output_tokens AS tokens,
            contracted_cost,
            known_calls,
            least_calls,
            ledger_rows
        FROM call_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
    )
SELECT
    gap,
    sum(known_calls) AS calls,
    sum(s.tokens) AS tokens,
    sum(toDecimal128(s.contracted_cost, 12)) AS contracted_cost,
    topKWeighted(3)(if(gap = 'unattributed', s.service_name, s.model), s.ledger_rows) AS examples,
    uniqExact(if(gap = 'unattributed', s.service_name, s.model)) AS names
FROM selected AS s
ARRAY JOIN arrayConcat(
    if(tenant = '(unattributed)', ['unattributed'], []),
    if(unpriced, ['unpriced'], []),
    if(partly_priced, ['partly priced'], []),
    if(without_usage, ['missing usage'], []),
    if(estimated, ['estimated usage'], [])
) AS gap
GROUP BY gap
ORDER BY indexOf(['unattributed', 'unpriced', 'partly priced', 'missing usage', 'estimated usage'], gap)
