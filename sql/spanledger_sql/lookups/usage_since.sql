-- Which time of usage reports is to be looked at again, since calls or reports came.
--
-- Parameters:
--   since DateTime64(6, 'UTC'): what came later is new
-- Columns:
--   new: how many calls and lines of reports there are that are new
--   first, last: the time that they touch, UTC
WITH
    told AS
    (
        SELECT toDateTime64(begins, 6, 'UTC') AS begin, toDateTime64(ends, 6, 'UTC') AS end
        FROM usage_record
        WHERE imported_at > {since:DateTime64(6, 'UTC')}
        UNION ALL
        SELECT toDateTime64(ts, 6, 'UTC'), toDateTime64(ts, 6, 'UTC')
        FROM llm_spans
        WHERE ingested_at > {since:DateTime64(6, 'UTC')} AND signal != 'usage'
            AND provider IN (SELECT provider FROM usage_record)
    )
SELECT
    count() AS new,
    min(begin) AS first,
    max(end) AS last
FROM told
