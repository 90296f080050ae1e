-- The current, counted rows of the ledger as `calls_at` has them, those of an hour or day that are alike summed where
-- their sums are kept and hold (`ledger_sum`), one by one where not: what is summed of both is the same, to the last digit of money and
-- counts. A row stands for calls that agree in every column down to `tells`, and in which figures are NULL or zero, so
-- that conditions on these hold of each of them.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open; rows are of calls that started then
--   moment DateTime64(6, 'UTC'): rows written up to then; far in the future: the rows in force
--   grain String: what of time is told apart: `hour`, `day`, `week`, `month`, or `period` for nothing
--   timezone String: of these
--   told Array(String): names of dimensions that are told apart or narrowed to beside those that sums always have: one's own,
--     `user`, `session`, `run` and `host`; `(own)` for all of one's own
-- Columns:
--   ts: when the call started; of a sum the start of its hour or day, UTC
--   tenant_id, cost_center, environment, service_name, feature, workflow, dimensions: as in `calls`
--   user_id, session_id, run_id, host_name: as in `calls`, where `told` names them; else '' of a sum
--   provider, provider_account, model, operation, service_tier, cloud_region, zone, agent, signal: as in `calls`
--   dialect, scope_name: as in `calls`
--   status, usage_source, price_status: as in `calls`
--   unpriced_parts: as in `calls`; of a sum the kinds of them
--   energy_method, energy_id, intensity_resolution, market_source: as in `calls`
--   intensity_g_per_kwh: as in `calls`; of a sum the highest
--   tells: which of these each call names, added up: 1 a user, 2 a session, 4 a run
--   ledger_rows: how many rows of the ledger it stands for
--   calls: how many calls it stands for; NULL where unknown
--   known_calls: how many calls it stands for, 0 where unknown: what reports sum
--   least_calls: likewise, a row of the ledger of which it is unknown taken for 1: what gaps are counted in
--   input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens: sums
--   output_tokens, reasoning_tokens, web_searches: sums
--   uncached_tokens: sum of what is left of each `input_tokens` without `cache_read_tokens`
--   list_cost, contracted_cost, input_cost, cache_read_cost, cache_write_cost, output_cost, other_cost: USD, sums; NULL: unknown
--   reported_cost: USD, sum of what was claimed; NULL: nothing
--   cache_saving: USD, sum of what each call's cached tokens would have cost more at the price of its others
--   highest_cost: USD, the highest contracted cost of a row of the ledger; NULL: unknown
--   overridden: of how many calls the spans name another tenant than the token of their sender, counted as `least_calls`
--   unbelieved: how many calls name tokens that cannot be believed, counted likewise
--   energy_wh, energy_wh_low, energy_wh_high: Wh, sums
--   energy_wh_squared, co2e_g_squared: sums of the squares of the ledger's rows
--   co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g: gCO2e, sums
--   water_ml: mL, sum
--   duration_ms, ttft_ms: ms, sums; ttft_ms over the rows that tell it
--   ttft_rows: how many rows tell it
-- Needs: ledger, ledger_hour, ledger_sum

CREATE OR REPLACE VIEW call_hours AS
WITH
    {{to_read}}
SELECT *
FROM
(
    {{sums_as_calls}}
    WHERE (hours, midnight, begins, built) IN to_read.1
    UNION ALL
    SELECT
        ts,
        tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, host_name,
        dimensions, provider, provider_account, model, operation, service_tier, cloud_region, zone, agent, signal, dialect,
        scope_name, status, usage_source, price_status, unpriced_parts, energy_method, energy_id, intensity_resolution, intensity_g_per_kwh,
        market_source,
        {{tells_of}},
        toUInt64(1),
        calls,
        known_calls,
        least_calls,
        input_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens,
        toUInt64(web_searches),
        uncached_tokens,
        toDecimal128(list_cost, 12), toDecimal128(contracted_cost, 12), toDecimal128(input_cost, 12),
        toDecimal128(cache_read_cost, 12), toDecimal128(cache_write_cost, 12), toDecimal128(output_cost, 12),
        toDecimal128(other_cost, 12),
        reported_cost,
        {{cache_saving_of}},
        contracted_cost, if({{overridden_of}}, least_calls, 0), if({{unbelieved_of}}, least_calls, 0),
        energy_wh, energy_wh_low, energy_wh_high, energy_wh_squared,
        co2e_g, co2e_g_low, co2e_g_high, co2e_g_squared, co2e_market_g, embodied_g,
        water_ml,
        duration_ms, ttft_ms, toUInt64(ttft_ms IS NOT NULL)
    {{read_one_by_one}}
);
