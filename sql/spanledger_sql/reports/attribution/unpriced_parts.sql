-- What was charged for beside a price, by model: parts of partly priced calls that have no price, or only that of text.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period of the calls, half-open
--   tenants Array(String): whose calls; empty: all
-- Columns:
--   provider, model: of the calls
--   part: what has no price, without how many of it there were
--   calls: of them, counted
--   share: of the model's calls, 0 to 1
--   contracted_cost: USD, what is known of these calls' cost
SELECT
    provider,
    model,
    part,
    sum(least_calls) AS calls,
    calls / any(of_model) AS share,
    sum(toDecimal128(contracted_cost, 12)) AS contracted_cost
FROM
(
    SELECT
        provider,
        model,
        contracted_cost,
        least_calls,
        sum(least_calls) OVER (PARTITION BY provider, model) AS of_model,
        arrayDistinct(arrayMap(
            part -> replaceRegexpOne(part, '^[0-9.]+ ', ''),
            if(price_status = 'partial', splitByString(', ', unpriced_parts), []))) AS parts
    FROM calls
    WHERE ts >= {from:DateTime64(9, 'UTC')}
        AND ts < {to:DateTime64(9, 'UTC')}
        AND (empty({tenants:Array(String)})
            OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
) AS call
ARRAY JOIN parts AS part
GROUP BY provider, model, part
ORDER BY calls DESC, provider, model, part
