-- What the books hold, by which a restored copy is compared with what was backed up.
--
-- Columns:
--   calls: in the ledger, the counted ones
--   input_tokens, output_tokens: of them
--   list_cost, contracted_cost: of them, USD
--   co2e_g: of them, gCO2e
SELECT
    sum(known_calls) AS calls,
    sum(calls.input_tokens) AS input_tokens,
    sum(calls.output_tokens) AS output_tokens,
    sum(calls.list_cost) AS list_cost,
    sum(calls.contracted_cost) AS contracted_cost,
    sum(calls.co2e_g) AS co2e_g
FROM calls
