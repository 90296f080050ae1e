-- How the places of a period's calls were found.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   provider: who answered
--   cloud_region: as spans name it; '' where they do not
--   zone: of the grid
--   found: by what
--   calls: counted ones
SELECT
    used.provider AS provider,
    used.cloud_region AS cloud_region,
    used.zone AS zone,
    ifNull(place.source, '') AS found,
    used.calls AS calls
FROM
(
    SELECT provider, cloud_region, zone, sum(known_calls) AS calls
    FROM calls AS c
    WHERE c.ts >= {from:DateTime64(9, 'UTC')}
        AND c.ts < {to:DateTime64(9, 'UTC')}
    GROUP BY provider, cloud_region, zone
) AS used
LEFT JOIN (SELECT * FROM grid_zone FINAL) AS place
    ON place.provider = used.provider AND place.cloud_region = used.cloud_region
ORDER BY provider, cloud_region, zone
