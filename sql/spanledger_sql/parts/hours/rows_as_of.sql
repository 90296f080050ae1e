-- The counted rows of the ledger as they were at a moment: what the view `calls_at` gives, for views with its parameter. The engine plans
-- a view with parameters twice, and one that stands in it twice as often.
SELECT
    *,
    if(response_model != '', response_model, request_model) AS model,
    ifNull(ledger.calls, 0) AS known_calls,
    ifNull(ledger.calls, 1) AS least_calls,
    {{uncached_of}} AS uncached_tokens,
    energy_wh * energy_wh AS energy_wh_squared,
    co2e_g * co2e_g AS co2e_g_squared
FROM ledger FINAL
-- Before FINAL chooses among the rows of a call: a newer one would hide the one then in force.
PREWHERE enriched_at <= {moment:DateTime64(6, 'UTC')}
WHERE counted = 1
SETTINGS do_not_merge_across_partitions_select_final = 1, apply_prewhere_after_final = 0
