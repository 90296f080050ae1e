-- The reconciliations in force, allocated to tenants, whose days overlap a period.
--
-- Parameters:
--   first, last Date: days of the period
-- Columns:
--   provider: whose bills
--   first_day, last_day: of the reconciliation's period
--   begins, ends: of the period of the books, UTC; half-open
--   timezone: of the books
--   policy: how the difference was allocated
--   bills: which bills it rests on
--   metered: what calls cost when it was allocated, USD
SELECT
    CAST(provider, 'String') AS provider,
    first_day,
    last_day,
    begins,
    ends,
    CAST(timezone, 'String') AS timezone,
    CAST(policy, 'String') AS policy,
    bills,
    metered
FROM reconciliation FINAL
WHERE first_day <= {last:Date} AND last_day >= {first:Date}
ORDER BY
    provider,
    first_day
