-- Puts down the idle hours of hosts as if each were a call of nobody's provider, so that the stages find their places.
-- Parameters: batch Identifier: the table of stage 1; hosts Array(String), hours Array(DateTime('UTC')): of which host which
--     hour, side by side.
INSERT INTO {batch:Identifier} (span, ts, cloud_region, place_moment, own_machine, place_key, host_name)
SELECT
    cityHash64(host_name, hour),
    toDateTime64(hour, 9, 'UTC'),
    cloud_region,
    hour,
    1,
    cityHash64(cityHash64(''), cityHash64(cloud_region), hour, toUInt8(1)),
    host_name
FROM energy_by_host
WHERE (host_name, hour) IN (
    SELECT pair.1, pair.2
    FROM (SELECT arrayJoin(arrayZip({hosts:Array(String)}, {hours:Array(DateTime('UTC'))})) AS pair)
)
