-- Notes that the hours of these calls are about to be written to, before they are: a writer that is killed after the ledger's
-- part of the write leaves no hour whose sums seem to hold.
-- Parameters: calls Identifier: a table of them, with their start `ts`.
INSERT INTO ledger_hour (hours, begins, written, strays, last_written_at)
SELECT
    arrayJoin([toUInt8(1), toUInt8(24)]) AS length,
    if(length = 1, toStartOfHour(ts), toStartOfDay(ts)) AS start,
    count(),
    countIf({{stray_call}}),
    now64(6, 'UTC')
FROM {calls:Identifier}
GROUP BY length, start
