-- Where the calls of a period ran and idle hosts stood, zone by zone: whether anybody said so, and how good the grid's
-- intensities there are.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   zone: grid zone or country; '' where nobody knows
--   place: `named` where the call or an override names it, `assumed: home of the provider` or `assumed: default zone`
--     where nothing does, `unknown`
--   calls: counted ones
--   unknown_co2e_calls: of them, without known emissions
--   energy_wh: Wh at the facility, sum of what is known
--   co2e_g: location-based, gCO2e, sum of what is known
--   energy_share: of the period's known energy, 0 to 1
--   measured_share, estimated_share, forecast_share: of the zone's known energy, 0 to 1: drawn in hours whose own intensity
--     was measured, estimated, foretold
--   replaced_share: of it: drawn in hours whose own intensity was corrected since, and is not what was booked
--   filled_share, yearly_share: of it: with an intensity filled in from near hours, with a year's mean
--   intensity_g_per_kwh: mean weighted by energy, gCO2e/kWh
--   lowest, highest: intensities that were booked, gCO2e/kWh
--   sources: who published the intensities, up to three
WITH
    drawn AS
    (
        SELECT
            provider,
            cloud_region,
            zone,
            toStartOfHour(toDateTime(ts, 'UTC')) AS hour,
            intensity_g_per_kwh AS g_per_kwh,
            intensity_resolution AS resolution,
            sum(calls) AS known_calls,
            sumIf(least_calls, co2e_g IS NULL) AS unknown_co2e_calls,
            sum(energy_wh) AS wh,
            sum(co2e_g) AS g,
            sumIf(energy_wh, co2e_g IS NOT NULL) AS wh_of_co2e
        FROM drawn_hours({{what_is_asked_for}}, grain = 'hour', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY provider, cloud_region, zone, hour, g_per_kwh, resolution
    ),
    -- Each value that an hour has, by which the one that was booked is found.
    known AS
    (
        SELECT zone, ts AS hour, g_per_kwh, any(quality) AS quality, any(source) AS source
        FROM grid_intensity FINAL
        WHERE resolution = 'hour'
            AND ts >= toStartOfHour(toDateTime({from:DateTime64(9, 'UTC')}, 'UTC'))
            AND ts < toDateTime({to:DateTime64(9, 'UTC')}, 'UTC')
        GROUP BY zone, hour, g_per_kwh
    ),
    with_evidence AS
    (
        SELECT
            CAST(d.zone, 'String') AS in_zone,
            multiIf(
                d.zone = '', 'unknown',
                place.source LIKE '%default zone', 'assumed: default zone',
                place.source LIKE '%EcoLogits: data centres of %', 'assumed: home of the provider',
                'named'
            ) AS of_place,
            multiIf(
                d.g_per_kwh IS NULL, 'unknown',
                d.resolution = 'year', 'year',
                d.resolution != 'hour', 'filled',
                ifNull(known.quality, '') = '', 'replaced',
                known.quality
            ) AS evidence,
            d.known_calls AS known_calls,
            d.unknown_co2e_calls AS unknown_co2e_calls,
            d.wh AS wh,
            d.g AS g,
            d.wh_of_co2e AS wh_of_co2e,
            d.g_per_kwh AS g_per_kwh,
            ifNull(known.source, '') AS source
        FROM drawn AS d
        LEFT JOIN (SELECT provider, cloud_region, source FROM grid_zone FINAL) AS place
            ON place.provider = d.provider AND place.cloud_region = d.cloud_region
        LEFT JOIN known
            ON known.zone = d.zone AND known.hour = d.hour AND known.g_per_kwh = d.g_per_kwh
    )
SELECT
    in_zone AS zone,
    of_place AS place,
    sum(known_calls) AS calls,
    sum(w.unknown_co2e_calls) AS unknown_co2e_calls,
    sum(wh) AS energy_wh,
    sum(g) AS co2e_g,
    energy_wh / nullIf(sum(sum(wh)) OVER (), 0) AS energy_share,
    ifNull(sumIf(wh, evidence = 'measured'), 0) / nullIf(energy_wh, 0) AS measured_share,
    ifNull(sumIf(wh, evidence = 'estimated'), 0) / nullIf(energy_wh, 0) AS estimated_share,
    ifNull(sumIf(wh, evidence = 'forecast'), 0) / nullIf(energy_wh, 0) AS forecast_share,
    ifNull(sumIf(wh, evidence = 'replaced'), 0) / nullIf(energy_wh, 0) AS replaced_share,
    ifNull(sumIf(wh, evidence = 'filled'), 0) / nullIf(energy_wh, 0) AS filled_share,
    ifNull(sumIf(wh, evidence = 'year'), 0) / nullIf(energy_wh, 0) AS yearly_share,
    co2e_g / nullIf(sum(wh_of_co2e), 0) * 1000 AS intensity_g_per_kwh,
    min(g_per_kwh) AS lowest,
    max(g_per_kwh) AS highest,
    arrayStringConcat(arraySlice(arraySort(groupUniqArrayIf(10)(source, source != '')), 1, 3), '; ') AS sources
FROM with_evidence AS w
GROUP BY in_zone, of_place
ORDER BY energy_wh DESC NULLS LAST, calls DESC, zone, place
