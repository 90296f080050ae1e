-- Where calls ran, how that was found out, and how good the intensities there are.
--
-- Parameters:
--   only_open UInt8: 1 for places only that somebody should look at
-- Columns:
--   provider: who answered
--   cloud_region: as the spans name it; '' where they do not
--   zone, country: '' where the configured default zone stands in
--   calls: counted ones
--   hourly_share: of calls with an intensity of their own hour, 0 to 1
--   state: `known`, `assumed` (from the provider), `default` or `unknown region`
--   found: how
SELECT
    place.provider AS provider,
    place.cloud_region AS cloud_region,
    place.zone AS zone,
    place.country AS country,
    ifNull(booked.calls, 0) AS calls,
    booked.hourly / nullIf(booked.calls, 0) AS hourly_share,
    multiIf(
        position(place.source, 'is unknown') > 0, 'unknown region',
        place.zone = '', 'default',
        place.cloud_region = '' AND startsWith(place.source, 'EcoLogits'), 'assumed',
        'known') AS state,
    place.source AS found
FROM (SELECT * FROM grid_zone FINAL) AS place
LEFT JOIN
(
    SELECT provider, cloud_region, sum(known_calls) AS calls, sumIf(least_calls, intensity_resolution = 'hour') AS hourly
    FROM calls
    GROUP BY provider, cloud_region
) AS booked
    ON booked.provider = place.provider AND booked.cloud_region = place.cloud_region
WHERE {only_open:UInt8} = 0 OR state IN ('unknown region', 'default')
ORDER BY state = 'unknown region' DESC, calls DESC, provider, cloud_region
SETTINGS join_use_nulls = 1
