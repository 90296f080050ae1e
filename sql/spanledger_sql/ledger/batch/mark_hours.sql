-- Notes that the hours of these calls are about to be written to, before they are: a writer that is killed after the ledger's
-- part of the write leaves no hour whose sums seem to hold.
-- Parameters: calls Identifier: a table of them, with their start `ts`.
INSERT INTO ledger_hour (hours, begins, written, strays, last_enriched_at, last_written_at)
WITH
    written AS
    (
        SELECT
            toStartOfHour(ts) AS hour, toStartOfHour(ts + INTERVAL 10 MINUTE) AS next,
            count() AS calls, countIf({{stray_call}}) AS strays, toDateTime64(0, 6, 'UTC') AS last
        FROM {calls:Identifier}
        GROUP BY hour, next
    )
{{hours_written}}
