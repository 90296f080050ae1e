-- Stage 6: puts down what the samples of hosts say of the batch's calls, Wh at the host.
-- Parameters: batch, measured Identifier: the tables of stage 1 and of this one.
INSERT INTO {measured:Identifier}
SELECT
    cityHash64(share.trace_id, share.span_id) AS span,
    any(share.host_name) AS host_name,
    sum(share.wh) AS wh,
    sum(share.wh_low) AS wh_low,
    sum(share.wh_high) AS wh_high,
    any(share.pue) AS pue
FROM energy_share AS share
WHERE share.span_id != ''
    AND share.hour >= toStartOfHour((SELECT min(ts) FROM {batch:Identifier}))
    AND share.ts >= (SELECT min(ts) FROM {batch:Identifier})
    AND share.ts <= (SELECT max(ts) FROM {batch:Identifier})
GROUP BY span
