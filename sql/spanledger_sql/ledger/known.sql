-- Which stages have anything to look at: the others are left out.
--
-- Columns:
--   verdicts: 1 where there are verdicts on which report counts, or words of tenant rules
--   contracts: 1 where price books are in force
--   measured: 1 where measured energy was shared out
SELECT
    (SELECT count() FROM call_verdict) + (SELECT count() FROM call_tenant) > 0 AS verdicts,
    (SELECT count() FROM price_book FINAL WHERE NOT deleted) > 0 AS contracts,
    (SELECT count() FROM energy_allocation) > 0 AS measured
