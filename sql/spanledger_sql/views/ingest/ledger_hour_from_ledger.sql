-- Notes which hours and days of the ledger are written to, whoever writes: their sums no longer hold.
-- Needs: ledger, ledger_hour

CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_hour_from_ledger TO ledger_hour AS
SELECT
    arrayJoin([toUInt8(1), toUInt8(24)]) AS hours,
    if(hours = 1, toStartOfHour(ts), toStartOfDay(ts)) AS begins,
    count() AS written,
    countIf({{stray_call}}) AS strays,
    max(enriched_at) AS last_enriched_at,
    now64(6, 'UTC') AS last_written_at
FROM ledger
GROUP BY hours, begins;
