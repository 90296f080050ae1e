-- What has arrived: as long as this stays, a worker that has seen all has nothing new to look at.
--
-- Columns:
--   parts: a hash of the parts of llm_spans, span_parent, usage_point and usage_record that there are
--   taken_up: changes when calls that were set aside are to be taken up again
SELECT
    groupBitXor(cityHash64(table, name)) AS parts,
    (SELECT sum(version) FROM set_aside FINAL WHERE waiting = 0) AS taken_up
FROM system.parts
WHERE database = currentDatabase() AND table IN ('llm_spans', 'span_parent', 'usage_point', 'usage_record') AND active
