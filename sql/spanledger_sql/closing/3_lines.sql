-- The lines of a month: its entries in force, summed where they are alike. Writes `book_line`.
-- Parameters:
--   posting String: of the close, whose entries count too
--   month String: the month
--   upto UInt64: the last event that counts
INSERT INTO book_line
SELECT
    {posting:String} AS posting,
    party,
    row_number() OVER (
        PARTITION BY party ORDER BY service_month DESC, kind, cost_center, feature, provider, model, reason) AS line,
    {month:String} AS month,
    service_month, reason, kind, cost_center, feature, provider, model,
    entries, calls, input_tokens, cache_read_tokens, output_tokens, list_cost, cost, price, energy_wh, co2e_g, co2e_g_least,
    co2e_g_most, co2e_market_g, embodied_g, unpriced_calls, unknown_energy_calls
FROM
(
    {{lines_of_entries}}
)
