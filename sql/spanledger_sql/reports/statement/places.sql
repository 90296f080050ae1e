-- How the places of a period's calls were found, and what is known of them but the intensity.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   provider: who answered
--   cloud_region: as spans name it; '' where they do not
--   zone: of the grid
--   found: by what
--   calls: counted ones
--   pue_low, pue, pue_high: overhead of its data centre, where the user gave one: it replaces the energy factors'
--   l_per_kwh_low, l_per_kwh, l_per_kwh_high: its water per kWh at the facility, where the user gave one, l
--   power_l_per_kwh: water of the power plants, l per kWh
SELECT
    used.provider AS provider,
    used.cloud_region AS cloud_region,
    used.zone AS zone,
    if(used.measured AND used.zone != ifNull(place.zone, ''), 'the samples of its host', ifNull(place.source, '')) AS found,
    used.calls AS calls,
    facility.pue_low AS pue_low,
    facility.pue AS pue,
    facility.pue_high AS pue_high,
    facility.wue_low / facility.pue_low AS l_per_kwh_low,
    facility.wue / facility.pue AS l_per_kwh,
    facility.wue_high / facility.pue_high AS l_per_kwh_high,
    water.l_per_kwh AS power_l_per_kwh
FROM
(
    SELECT provider, cloud_region, zone, energy_method = 'measured' AS measured, sum(known_calls) AS calls
    FROM calls AS c
    WHERE c.ts >= {from:DateTime64(9, 'UTC')}
        AND c.ts < {to:DateTime64(9, 'UTC')}
    GROUP BY provider, cloud_region, zone, measured
) AS used
LEFT JOIN (SELECT * FROM grid_zone FINAL) AS place
    ON place.provider = used.provider AND place.cloud_region = used.cloud_region
LEFT JOIN facility
    ON facility.provider = used.provider AND facility.cloud_region = used.cloud_region
LEFT JOIN (SELECT * FROM grid_water FINAL) AS water
    ON water.zone = splitByChar('-', used.zone)[1]
ORDER BY provider, cloud_region, zone, measured
