-- Stage 5: puts down what the samples of hosts say of the batch's calls, Wh at the host, and where these ran.
--
-- What a host's meter saw ran on a machine of one's own, where the host's samples say that it stands, whatever the span says.
-- Parameters: batch, measured Identifier: the tables of stage 1 and of this one.
INSERT INTO {measured:Identifier}
SELECT
    share.span AS span,
    share.host_name AS host_name,
    share.wh AS wh,
    share.wh_low AS wh_low,
    share.wh_high AS wh_high,
    share.pue AS pue,
    call.provider AS provider,
    if(share.cloud_region = '', call.cloud_region, share.cloud_region) AS cloud_region,
    call.place_moment AS place_moment,
    cityHash64(cityHash64(call.provider), cityHash64(cloud_region), place_moment, toUInt8(1)) AS place_key
FROM
(
    SELECT
        cityHash64(trace_id, span_id) AS span,
        any(host_name) AS host_name,
        any(cloud_region) AS cloud_region,
        sum(s.wh) AS wh,
        sum(s.wh_low) AS wh_low,
        sum(s.wh_high) AS wh_high,
        any(s.pue) AS pue
    FROM energy_share AS s
    WHERE span_id != ''
        AND hour >= toStartOfHour((SELECT min(ts) FROM {batch:Identifier}))
        AND ts >= (SELECT min(ts) FROM {batch:Identifier})
        AND ts <= (SELECT max(ts) FROM {batch:Identifier})
    GROUP BY span
) AS share
INNER JOIN (SELECT span, provider, cloud_region, place_moment FROM {batch:Identifier}) AS call
    ON call.span = share.span
