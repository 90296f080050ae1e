-- The entries in force of {month:String}, those of {posting:String} included, summed by line. Within the month that they are
-- of, why they came does not part them.
SELECT
    party, service_month,
    if(e.service_month = e.month, '', e.reason) AS reason,
    kind, cost_center, feature, provider, model,
    count() AS entries,
    sum(e.calls) AS calls,
    sum(e.input_tokens) AS input_tokens,
    sum(e.cache_read_tokens) AS cache_read_tokens,
    sum(e.output_tokens) AS output_tokens,
    sum(e.list_cost) AS list_cost,
    sum(e.cost) AS cost,
    sum(e.price) AS price,
    sum(e.energy_wh) AS energy_wh,
    sum(e.co2e_g) AS co2e_g,
    sum(e.co2e_g_least) AS co2e_g_least,
    sum(e.co2e_g_most) AS co2e_g_most,
    sum(e.co2e_market_g) AS co2e_market_g,
    sum(e.embodied_g) AS embodied_g,
    sum(e.unpriced_calls) AS unpriced_calls,
    sum(e.unknown_energy_calls) AS unknown_energy_calls
FROM book_entry AS e
WHERE e.month = {month:String}
    AND (e.posting IN (SELECT posting FROM book_event WHERE number <= {upto:UInt64}) OR e.posting = {posting:String})
GROUP BY party, service_month, reason, kind, cost_center, feature, provider, model
