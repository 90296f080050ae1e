-- Which time of usage reports is to be looked at again, since calls or reports came: what `usage_news` names.
--
-- Columns:
--   new: how many calls and lines of reports there are that are new
--   first, last: the time that they touch, UTC
WITH
    told AS
    (
        SELECT toDateTime64(begins, 6, 'UTC') AS begin, toDateTime64(ends, 6, 'UTC') AS end
        FROM usage_record
        WHERE imported_at IN (SELECT inserted_at FROM usage_news WHERE source = 'usage_record')
        UNION ALL
        SELECT toDateTime64(ts, 6, 'UTC'), toDateTime64(ts, 6, 'UTC')
        FROM llm_spans
        WHERE ingested_at IN (SELECT inserted_at FROM usage_news WHERE source = 'llm_spans') AND signal != 'usage'
            AND provider IN (SELECT provider FROM usage_record)
    )
SELECT
    count() AS new,
    min(begin) AS first,
    max(end) AS last
FROM told
