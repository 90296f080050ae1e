-- The lines that a month would have if it were closed now, numbered as a close numbers them.
-- Parameters:
--   month String: the month
--   posting String: entries that count though they are not in force yet; '' where all are
--   upto UInt64: the last event that counts
SELECT
    *,
    row_number() OVER (
        PARTITION BY party ORDER BY service_month DESC, kind, cost_center, feature, provider, model, reason) AS line
FROM
(
    {{lines_of_entries}}
)
ORDER BY party, line
