-- Which stages have anything to look at: the others are left out.
-- Columns: verdicts: verdicts on which report counts, or words of tenant rules; contracts: price books in force; measured:
--     energy that was shared out. UInt8, 0 or 1.
SELECT
    (SELECT count() FROM call_verdict) + (SELECT count() FROM call_tenant) > 0 AS verdicts,
    (SELECT count() FROM price_book FINAL WHERE NOT deleted) > 0 AS contracts,
    (SELECT count() FROM energy_allocation) > 0 AS measured
