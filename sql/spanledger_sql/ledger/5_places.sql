-- Stage 5: puts down what is known of the places where the batch's calls ran, by hour: few rows.
--
-- An hour without a value gets that of the day before, else the mean of the month's hours, else the latest yearly mean of
-- the zone, else of its country; `resolution` says which.
--
-- Parameters: batch, places Identifier: the tables of stage 1 and of this one; default_zone String: of calls whose place is
--     unknown; grid_signal, grid_basis String: the kind of intensity.
-- Needs join_use_nulls = 1.
INSERT INTO {places:Identifier}
WITH
    hours AS
    (
        SELECT zone, ts, g_per_kwh, source
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
            AND zone IN (SELECT if(zone = '', {default_zone:String}, zone) FROM grid_zone)
            -- Between days that a Date can hold: one call whose clock was far off must not leave the others without hours.
            AND ts >= toStartOfMonth((SELECT greatest(min(ts), toDateTime64('1970-02-01 00:00:00', 9, 'UTC')) FROM {batch:Identifier}))
                - INTERVAL 1 DAY
            AND ts < toStartOfMonth((SELECT least(max(ts), toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) FROM {batch:Identifier}))
                + INTERVAL 1 MONTH
    ),
    years AS
    (
        SELECT
            zone,
            argMax(g_per_kwh, ts) AS g_per_kwh,
            concat(argMax(source, ts), ', mean of ', toString(toYear(max(ts)))) AS source
        FROM grid_intensity FINAL
        WHERE resolution = 'year' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
        GROUP BY zone
    ),
    contracts_by_zone AS
    (
        SELECT
            zone,
            groupArray(CAST(
                (contract_id, kind, provider, valid_from, valid_until, ifNull(share, 1), g_per_kwh),
                'Tuple(id String, kind String, provider String, valid_from DateTime, valid_until DateTime, share Float64,
                       g_per_kwh Float64)')) AS contracts
        FROM grid_contract FINAL
        WHERE mwh IS NULL
        GROUP BY zone
    )
SELECT
    provider, cloud_region, hour, place_key, resolution, zone, g_per_kwh, source, pue_low, pue, pue_high,
    l_per_kwh_low, l_per_kwh, l_per_kwh_high, grid_l_per_kwh, market_g_per_kwh, market_source
FROM
(
    SELECT
        place.provider AS provider,
        place.cloud_region AS cloud_region,
        place.hour AS hour,
        place.place_key AS place_key,
        multiIf(
            hourly.g_per_kwh IS NOT NULL, 'hour',
            day_before.g_per_kwh IS NOT NULL, 'previous day',
            monthly.g_per_kwh IS NOT NULL, 'month',
            yearly.g_per_kwh IS NOT NULL OR national.g_per_kwh IS NOT NULL, 'year',
            'unknown') AS resolution,
        multiIf(
            resolution = 'unknown', '',
            resolution = 'year' AND yearly.g_per_kwh IS NULL, place.country,
            place.zone) AS zone,
        coalesce(
            hourly.g_per_kwh, day_before.g_per_kwh, monthly.g_per_kwh, yearly.g_per_kwh, national.g_per_kwh
        ) AS g_per_kwh,
        ifNull(multiIf(
            resolution = 'hour', hourly.source,
            resolution = 'previous day', concat(day_before.source, ', a day earlier'),
            resolution = 'month', concat(monthly.source, ', mean of ', toString(monthly.hours), ' hours of ',
                                         formatDateTime(place.hour, '%Y-%m')),
            coalesce(yearly.source, national.source)), '') AS source,
        facility.pue_low AS pue_low,
        facility.pue AS pue,
        facility.pue_high AS pue_high,
        facility.wue_low / facility.pue_low AS l_per_kwh_low,
        facility.wue / facility.pue AS l_per_kwh,
        facility.wue_high / facility.pue_high AS l_per_kwh_high,
        water.l_per_kwh AS grid_l_per_kwh,

        -- The contracts in force, of this provider and zone before those of all providers and of the country.
        arraySort(contract -> contract.provider = '', arrayFilter(
            contract -> contract.provider IN ('', place.provider) AND place.hour >= contract.valid_from AND place.hour < contract.valid_until,
            if(place.zone = place.country, zonal_contracts.contracts,
               arrayConcat(zonal_contracts.contracts, national_contracts.contracts)))) AS contracts,
        arrayFilter(contract -> contract.kind IN ('certificate', 'ppa'), contracts) AS covering,
        arraySum(contract -> contract.share, covering) AS share_contracted,
        -- Together they cover no more than all of it.
        if(share_contracted > 1, 1 / share_contracted, 1) AS pro_rata,
        arrayFirst(contract -> contract.kind != '', arrayConcat(
            arrayFilter(contract -> contract.kind = 'supplier factor', contracts),
            arrayFilter(contract -> contract.kind = 'residual mix', contracts))) AS otherwise,
        if({grid_signal:String} != 'average', NULL,
           if(empty(covering), 0, arraySum(contract -> contract.share * contract.g_per_kwh, covering)) * pro_rata
           + if(share_contracted >= 1, 0,
                (1 - share_contracted) * if(otherwise.kind = '', g_per_kwh, otherwise.g_per_kwh))
        ) AS market_g_per_kwh,
        arrayStringConcat(arrayConcat(
            arrayMap(contract -> concat(contract.kind, ' ', contract.id), covering),
            multiIf(share_contracted >= 1, [], otherwise.kind = '', ['location-based intensity'],
                    [concat(otherwise.kind, ' ', otherwise.id)])), ', ') AS market_source
    FROM
    (
        SELECT
            seen.provider AS provider,
            seen.cloud_region AS cloud_region,
            seen.hour AS hour,
            seen.place_key AS place_key,
            -- '' where neither the span nor the provider tells: the default may change.
            if(ifNull(known.zone, '') = '', {default_zone:String}, known.zone) AS zone,
            if(ifNull(known.zone, '') = '', splitByChar('-', {default_zone:String})[1], known.country) AS country
        FROM
        (
            SELECT
                place_key,
                any(provider) AS provider,
                any(cloud_region) AS cloud_region,
                any(toStartOfHour(ts)) AS hour
            FROM {batch:Identifier}
            GROUP BY place_key
        ) AS seen
        LEFT JOIN (SELECT * FROM grid_zone FINAL) AS known
            ON known.provider = seen.provider AND known.cloud_region = seen.cloud_region
    ) AS place
    LEFT JOIN (SELECT zone, ts, g_per_kwh, source FROM hours) AS hourly
        ON hourly.zone = place.zone AND hourly.ts = place.hour
    LEFT JOIN (SELECT zone, ts + INTERVAL 1 DAY AS ts, g_per_kwh, source FROM hours) AS day_before
        ON day_before.zone = place.zone AND day_before.ts = place.hour
    LEFT JOIN
    (
        SELECT
            zone,
            toStartOfMonth(ts) AS month,
            avg(g_per_kwh) AS g_per_kwh,
            count() AS hours,
            argMax(splitByString(', mean of', source)[1], ts) AS source
        FROM hours
        GROUP BY zone, month
    ) AS monthly
        ON monthly.zone = place.zone AND monthly.month = toStartOfMonth(place.hour)
    LEFT JOIN (SELECT * FROM years) AS yearly
        ON yearly.zone = place.zone
    LEFT JOIN (SELECT * FROM years) AS national
        ON national.zone = place.country
    LEFT JOIN (SELECT * FROM grid_water FINAL) AS water
        ON water.zone = place.country
    LEFT JOIN facility
        ON facility.provider = place.provider AND facility.cloud_region = place.cloud_region
    LEFT JOIN (SELECT * FROM contracts_by_zone) AS zonal_contracts
        ON zonal_contracts.zone = place.zone
    LEFT JOIN (SELECT * FROM contracts_by_zone) AS national_contracts
        ON national_contracts.zone = place.country
)
