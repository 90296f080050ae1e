-- Notes that the hours of these calls are about to be written to, before they are: a writer that is killed after the ledger's
-- part of the write leaves no hour whose sums seem to hold.
-- Parameters: calls Identifier: a table of them, with their start `ts`.
INSERT INTO ledger_hour (hour, written, strays, last_enriched_at, last_written_at)
SELECT
    toStartOfHour(ts) AS hour,
    count(),
    countIf({{stray_call}}),
    toDateTime64(0, 6, 'UTC'),
    now64(6, 'UTC')
FROM {calls:Identifier}
GROUP BY hour
