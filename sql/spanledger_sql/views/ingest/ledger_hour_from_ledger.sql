-- Notes which hours of the ledger are written to, whoever writes: their sums no longer hold, and those of their days.
-- Needs: ledger, ledger_hour

CREATE MATERIALIZED VIEW IF NOT EXISTS ledger_hour_from_ledger TO ledger_hour AS
WITH
    written AS
    (
        SELECT
            toStartOfHour(ts) AS hour, toStartOfHour(ts + INTERVAL 10 MINUTE) AS next,
            count() AS calls, countIf({{stray_call}}) AS strays, max(enriched_at) AS last
        FROM ledger
        GROUP BY hour, next
    )
{{hours_written}};
