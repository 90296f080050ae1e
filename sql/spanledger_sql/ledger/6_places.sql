-- Stage 6: puts down what is known of the places where the batch's calls ran, by hour: few rows. Of what is there already,
-- none is put down again.
--
-- An hour without a value gets that of the day before, else the mean of the month's hours, where at least half of these
-- are known; else the country's by the same rule; else a yearly mean of the zone, else of its country, the user's own before
-- those that come with the software, and of the call's year before the latest. `resolution` says which; the zone stays
-- the call's.
--
-- A contract without a provider is for machines of one's own; a residual mix is what is left for everybody.
--
-- Parameters: batch, measured, places Identifier: the tables of stages 1 and 5, and of this one; default_zone String: of calls whose place is
--     unknown; grid_signal, grid_basis String: the kind of intensity.
-- Needs join_use_nulls = 1.
INSERT INTO {places:Identifier}
-- Most of what this costs is its plan.
SETTINGS join_algorithm = 'hash', query_plan_merge_expressions = 0
WITH
    hours AS
    (
        -- Whoever reads a row shall see that its hour was no measurement.
        SELECT zone, ts, g_per_kwh, if(quality IN ('estimated', 'forecast'), concat(source, ', ', quality), source) AS source
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
            AND zone IN (
                SELECT arrayJoin(if(zone = '', [{default_zone:String}, splitByChar('-', {default_zone:String})[1]],
                                    [zone, country]))
                FROM grid_zone)
            -- Between days that a Date can hold: one call whose clock was far off must not leave the others without hours.
            AND ts >= toStartOfMonth((SELECT greatest(min(ts), toDateTime64('1970-02-01 00:00:00', 9, 'UTC')) FROM {batch:Identifier}))
                - INTERVAL 1 DAY
            AND ts < toStartOfMonth((SELECT least(max(ts), toDateTime64('2100-01-01 00:00:00', 9, 'UTC')) FROM {batch:Identifier}))
                + INTERVAL 1 MONTH
    ),
    -- A month's mean says nothing of its other half.
    months AS
    (
        SELECT
            zone,
            toStartOfMonth(ts) AS month,
            avg(g_per_kwh) AS g_per_kwh,
            count() AS hours,
            splitByString(', mean of', argMax(hours.source, ts))[1] AS source
        FROM hours
        GROUP BY zone, month
        HAVING hours >= 12 * toDayOfMonth(toLastDayOfMonth(month))
    ),
    years AS
    (
        SELECT
            zone,
            year,
            argMax(g_per_kwh, (quality = 'own yearly mean', toYear(ts) = year, ts)) AS g_per_kwh,
            concat(argMax(source, (quality = 'own yearly mean', toYear(ts) = year, ts)), ', mean of ',
                   toString(toYear(argMax(ts, (quality = 'own yearly mean', toYear(ts) = year, ts))))) AS source
        FROM grid_intensity FINAL
        ARRAY JOIN (SELECT groupUniqArray(toYear(ts)) FROM {batch:Identifier}) AS year
        WHERE resolution = 'year' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
        GROUP BY zone, year
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
            national_hourly.g_per_kwh IS NOT NULL, 'hour',
            national_day_before.g_per_kwh IS NOT NULL, 'previous day',
            national_monthly.g_per_kwh IS NOT NULL, 'month',
            yearly.g_per_kwh IS NOT NULL OR national.g_per_kwh IS NOT NULL, 'year',
            'unknown') AS resolution,
        if(resolution = 'unknown', '', place.zone) AS zone,
        coalesce(
            hourly.g_per_kwh, day_before.g_per_kwh, monthly.g_per_kwh, national_hourly.g_per_kwh,
            national_day_before.g_per_kwh, national_monthly.g_per_kwh, yearly.g_per_kwh, national.g_per_kwh
        ) AS g_per_kwh,
        -- Whose value it is, where it is not the zone's own.
        concat(', of ', place.country) AS of_country,
        coalesce(
            hourly.source,
            concat(day_before.source, ', a day earlier'),
            concat(monthly.source, ', mean of ', toString(monthly.hours), ' hours of ',
                   formatDateTime(place.hour, '%Y-%m')),
            concat(national_hourly.source, of_country),
            concat(national_day_before.source, ', a day earlier', of_country),
            concat(national_monthly.source, ', mean of ', toString(national_monthly.hours), ' hours of ',
                   formatDateTime(place.hour, '%Y-%m'), of_country),
            yearly.source,
            if(place.zone = place.country, national.source, concat(national.source, of_country)),
            '') AS source,
        facility.pue_low AS pue_low,
        facility.pue AS pue,
        facility.pue_high AS pue_high,
        facility.wue_low / facility.pue_low AS l_per_kwh_low,
        facility.wue / facility.pue AS l_per_kwh,
        facility.wue_high / facility.pue_high AS l_per_kwh_high,
        water.l_per_kwh AS grid_l_per_kwh,

        -- The contracts in force, of this provider and zone before those of all providers and of the country.
        arraySort(contract -> contract.provider = '', arrayFilter(
            contract -> (contract.provider = place.provider
                         OR contract.provider = '' AND (place.own_machine OR contract.kind = 'residual mix'))
                AND place.moment >= contract.valid_from AND place.moment < contract.valid_until,
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
            seen.moment AS moment,
            seen.own_machine AS own_machine,
            toStartOfHour(seen.moment) AS hour,
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
                any(place_moment) AS moment,
                any(own_machine) AS own_machine
            FROM {batch:Identifier}
            WHERE place_key NOT IN (SELECT place_key FROM {places:Identifier})
            GROUP BY place_key
            UNION DISTINCT
            SELECT DISTINCT place_key, provider, cloud_region, place_moment, toUInt8(1) FROM {measured:Identifier}
            WHERE place_key NOT IN (SELECT place_key FROM {places:Identifier})
        ) AS seen
        LEFT JOIN (SELECT * FROM grid_zone FINAL) AS known
            ON known.provider = seen.provider AND known.cloud_region = seen.cloud_region
    ) AS place
    LEFT JOIN (SELECT zone, ts, g_per_kwh, source FROM hours) AS hourly
        ON hourly.zone = place.zone AND hourly.ts = place.hour
    LEFT JOIN (SELECT zone, ts + INTERVAL 1 DAY AS ts, g_per_kwh, source FROM hours) AS day_before
        ON day_before.zone = place.zone AND day_before.ts = place.hour
    LEFT JOIN (SELECT * FROM months) AS monthly
        ON monthly.zone = place.zone AND monthly.month = toStartOfMonth(place.hour)
    LEFT JOIN (SELECT zone, ts, g_per_kwh, source FROM hours) AS national_hourly
        ON national_hourly.zone = place.country AND national_hourly.ts = place.hour
    LEFT JOIN (SELECT zone, ts + INTERVAL 1 DAY AS ts, g_per_kwh, source FROM hours) AS national_day_before
        ON national_day_before.zone = place.country AND national_day_before.ts = place.hour
    LEFT JOIN (SELECT * FROM months) AS national_monthly
        ON national_monthly.zone = place.country AND national_monthly.month = toStartOfMonth(place.hour)
    LEFT JOIN (SELECT * FROM years) AS yearly
        ON yearly.zone = place.zone AND yearly.year = toYear(place.hour)
    LEFT JOIN (SELECT * FROM years) AS national
        ON national.zone = place.country AND national.year = toYear(place.hour)
    LEFT JOIN (SELECT * FROM grid_water FINAL) AS water
        ON water.zone = place.country
    LEFT JOIN facility
        ON facility.provider = place.provider AND facility.cloud_region = place.cloud_region
    LEFT JOIN (SELECT * FROM contracts_by_zone) AS zonal_contracts
        ON zonal_contracts.zone = place.zone
    LEFT JOIN (SELECT * FROM contracts_by_zone) AS national_contracts
        ON national_contracts.zone = place.country
)
