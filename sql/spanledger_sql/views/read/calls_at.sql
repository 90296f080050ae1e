-- The counted rows of the ledger as they were at a moment: what was written later is not seen, and what it replaced is.
-- Queries that are asked one after another and given one moment agree. The rows that were replaced are there until the
-- database merges them away, some minutes.
--
-- Parameters:
--   moment DateTime64(6, 'UTC'): rows written up to then
-- Columns:
--   ledger.*: the row then in force
--   model: `response_model`, else `request_model`
--   known_calls: how many calls the row stands for, 0 where unknown: what reports sum
--   least_calls: likewise, 1 where unknown: what gaps are counted in
--   uncached_tokens: of `input_tokens`, what was not read from the cache
--   energy_wh_squared, co2e_g_squared: squares of the figures
-- Needs: ledger

CREATE OR REPLACE VIEW calls_at AS
{{rows_as_of}};
