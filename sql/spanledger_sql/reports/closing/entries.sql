-- What a line of a statement sums, call by call.
--
-- Parameters:
--   posting String: of the close
--   party String: whose statement
--   line UInt32: of it
-- Columns:
--   key: of a call `trace_id/span_id`; of an idle hour `host/hour`; of a commitment `name/day`; of
--     a charge its name; of bills and reconciliations whose, when and what
--   ts: when the call started, or the hour or day, UTC
--   reason: why it is booked
--   calls: how many it stands for
--   input_tokens, output_tokens: tokens
--   list_cost, cost: USD
--   price: what the tenant pays by its price plan, USD
--   energy_wh: Wh
--   co2e_g, co2e_g_least, co2e_g_most: operational, location-based, and its bounds, gCO2e
--   evidence: the price, energy entry and grid that it rests on
WITH
    asked AS
    (
        SELECT month, service_month, reason, kind, cost_center, feature, provider, model
        FROM book_line
        WHERE posting = {posting:String} AND party = {party:String} AND line = {line:UInt32}
    )
SELECT
    e.key AS key,
    e.ts AS ts,
    e.reason AS reason,
    e.calls AS calls,
    e.input_tokens AS input_tokens,
    e.output_tokens AS output_tokens,
    e.list_cost AS list_cost,
    e.cost AS cost,
    e.price AS price,
    e.energy_wh AS energy_wh,
    e.co2e_g AS co2e_g,
    e.co2e_g_least AS co2e_g_least,
    e.co2e_g_most AS co2e_g_most,
    e.evidence AS evidence
FROM book_entry AS e
WHERE e.party = {party:String}
    AND e.posting IN
    (
        SELECT posting FROM book_event
        WHERE number <= (SELECT min(number) FROM book_event WHERE posting = {posting:String})
    )
    AND (e.month, e.service_month, if(e.service_month = e.month, '', e.reason), e.kind, e.cost_center, e.feature, e.provider,
         e.model) IN (SELECT * FROM asked)
ORDER BY ts, key, reason
