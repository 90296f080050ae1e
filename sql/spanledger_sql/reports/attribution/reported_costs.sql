-- What instrumentations and providers said that calls cost, beside the list: by model, the largest difference first. Where
-- they differ, tokens were read otherwise than they were billed, the price is another one, or who said so reckoned wrongly.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period of the calls, half-open
--   tenants Array(String): whose calls; empty: all
--   tolerance Float64: of the larger cost, 0 to 1: by how much they may differ; a millionth of a USD is never a difference
-- Columns:
--   dialect, provider, model: of the calls
--   calls: counted ones that tell what they cost, more than 0
--   differing_calls: of them, whose list cost is another one
--   differing_share: of the calls with both costs, 0 to 1; NULL without such calls
--   without_list_cost: of the calls, without a list cost
--   reported_cost: USD, as told, sum over the calls with both costs
--   list_cost: USD, of the same calls
--   difference: USD, reported - list
--   usage_notes: up to three notes on how the differing calls' tokens were read
WITH
    told AS
    (
        SELECT
            dialect,
            provider,
            model,
            usage_note,
            least_calls,
            list_cost,
            toDecimal128(toDecimalString(reported_cost, 12), 12) AS reported,
            list_cost IS NOT NULL
                AND abs(reported_cost - toFloat64(list_cost))
                    > greatest(1e-6, {tolerance:Float64} * greatest(reported_cost, toFloat64(list_cost))) AS differs
        FROM calls
        WHERE ts >= {from:DateTime64(9, 'UTC')}
            AND ts < {to:DateTime64(9, 'UTC')}
            -- Who knows no price tells 0, and what no call costs is no cost.
            AND reported_cost > 0
            AND reported_cost <= 1000000
            AND (empty({tenants:Array(String)})
                OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
    )
SELECT
    dialect,
    provider,
    model,
    sum(least_calls) AS calls,
    sumIf(least_calls, differs) AS differing_calls,
    if(calls = without_list_cost, NULL, differing_calls / (calls - without_list_cost)) AS differing_share,
    sumIf(least_calls, told.list_cost IS NULL) AS without_list_cost,
    sumIf(told.reported, told.list_cost IS NOT NULL) AS reported_cost,
    sum(toDecimal128(ifNull(told.list_cost, 0), 12)) AS list_cost,
    reported_cost - list_cost AS difference,
    arrayStringConcat(arraySort(topKIf(3)(usage_note, differs AND usage_note != '')), '; ') AS usage_notes
FROM told
GROUP BY dialect, provider, model
ORDER BY abs(difference) DESC, dialect, provider, model
