-- How each part of metered hosts' energy was got: by a meter of the hardware, or by an estimate.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open, by the start of the sample
-- Columns:
--   host: its name
--   part: `processor`, `accelerators` or `memory`
--   got_by: such as `rapl`, `nvml` or `estimate`
--   estimated: 1 where it is an estimate from load and rated power
--   samples: with such a part
--   wh: its sum, Wh at the host
SELECT
    host_name AS host,
    got.1 AS part,
    got.2 AS got_by,
    toUInt8(got_by = 'estimate') AS estimated,
    count() AS samples,
    sum(got.3) AS wh
FROM energy_sample FINAL
ARRAY JOIN [
    ('processor', cpu_source, cpu_wh), ('accelerators', gpu_source, gpu_wh), ('memory', ram_source, ram_wh)] AS got
WHERE flaw = '' AND started_at >= {from:DateTime64(9, 'UTC')} AND started_at < {to:DateTime64(9, 'UTC')} AND got.2 != ''
GROUP BY ALL
ORDER BY host, part, got_by
