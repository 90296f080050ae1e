-- The calls that a restatement computes anew, in chunks of bounded size: those of a period, of models, providers and
-- tenants; and of these, with `changed`, those that something changed under since they were enriched: the resolution,
-- price or energy entry of their model, a price that is gone, the zone of their place, or their grid hour. A contract
-- book, coefficient, data centre, host, power contract or cost centre of the user's that changed may touch any call.
--
-- More calls than need it do no harm: a call whose figures come out as they are gets no new version.
-- Parameters: restatement_id String; chunk_calls UInt64; from, to DateTime64(9, 'UTC'): half-open; tenants, models,
--     providers Array(String): empty for all; changed UInt8; since DateTime64(6, 'UTC'): when the last restatement
--     of everything that changed began; default_zone String: of calls whose place is unknown; grid_signal, grid_basis
--     String: the kind of intensity.
INSERT INTO restatement_call (restatement_id, chunk, ts, trace_id, span_id)
SETTINGS max_bytes_before_external_sort = 500000000, query_plan_remove_redundant_sorting = 0
WITH
    -- A reference row is visible a little after its time, and a statement reads what it sees at its start: a batch of the
    -- worker's that began before the row came, and ended after a restatement, is found by the next one.
    INTERVAL 60 SECOND AS slack,
    toDateTime64(0, 6, 'UTC') AS never,
    -- Where a call ran: as it was booked, which of a measured one its host tells, else as it would be now.
    (booked, known) -> multiIf(booked != '', toString(booked), ifNull(known, '') = '', {default_zone:String}, toString(known))
        AS zone_of,
    (booked, known) -> splitByChar('-', zone_of(booked, known))[1] AS country_of,
    model AS
    (
        SELECT
            resolution.provider AS provider,
            resolution.request_model AS request_model,
            resolution.response_model AS response_model,
            greatest(resolution.resolved_at, ifNull(price.changed_at, never), ifNull(energy.changed_at, never))
                AS changed_at
        FROM (SELECT * FROM model_resolution FINAL) AS resolution
        LEFT JOIN
        (
            SELECT provider, model, max(loaded_at) AS changed_at FROM price_list GROUP BY provider, model
        ) AS price
            ON price.provider = resolution.price_provider AND price.model = resolution.price_model
        LEFT JOIN
        (
            -- A model's entry has the same ending in every method.
            SELECT substring(energy_id, position(energy_id, '/')) AS ending, max(loaded_at) AS changed_at
            FROM energy_model
            GROUP BY ending
        ) AS energy
            ON energy.ending = substring(resolution.energy_id, position(resolution.energy_id, '/'))
        WHERE {changed:UInt8} AND changed_at > {since:DateTime64(6, 'UTC')} - slack
    ),
    place AS
    (
        SELECT provider, cloud_region, zone, country, resolved_at AS changed_at
        FROM grid_zone FINAL
        WHERE {changed:UInt8}
    ),
    hour AS
    (
        SELECT zone, ts, max(imported_at) AS changed_at
        FROM grid_intensity
        WHERE {changed:UInt8} AND resolution = 'hour' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
            AND imported_at > {since:DateTime64(6, 'UTC')} - slack
        GROUP BY zone, ts
    ),
    -- An hour stands in for the next day's where that is missing, and counts in its month's mean.
    month AS
    (
        SELECT zone, arrayJoin([toStartOfMonth(ts), toStartOfMonth(ts + INTERVAL 1 DAY)]) AS month, max(changed_at) AS changed_at
        FROM hour
        GROUP BY zone, month
    ),
    year AS
    (
        SELECT zone, max(imported_at) AS changed_at
        FROM grid_intensity
        WHERE {changed:UInt8} AND resolution = 'year' AND signal = {grid_signal:String} AND basis = {grid_basis:String}
            AND imported_at > {since:DateTime64(6, 'UTC')} - slack
        GROUP BY zone
    ),
    (
        SELECT max(at)
        FROM
        (
            SELECT max(imported_at) AS at FROM price_book
            UNION ALL SELECT max(loaded_at) FROM energy_model WHERE method = 'own'
            UNION ALL SELECT max(loaded_at) FROM energy_facility
            UNION ALL SELECT max(loaded_at) FROM energy_host
            UNION ALL SELECT max(loaded_at) FROM grid_contract
            UNION ALL SELECT max(loaded_at) FROM grid_water
            UNION ALL SELECT max(loaded_at) FROM tenant_rule_set
            UNION ALL SELECT max(said_at) FROM tenant_period
        )
    ) AS anything_changed_at
SELECT
    {restatement_id:String} AS restatement_id,
    intDiv(rowNumberInAllBlocks(), {chunk_calls:UInt64}) AS chunk,
    ts,
    trace_id,
    span_id
FROM
(
    SELECT
        call.ts AS ts,
        call.trace_id AS trace_id,
        call.span_id AS span_id
    FROM
    (
        SELECT
            ts, trace_id, span_id, provider, request_model, response_model, cloud_region, price_id,
            zone, intensity_resolution, enriched_at
        FROM ledger FINAL
        WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
            AND (empty({tenants:Array(String)}) OR has({tenants:Array(String)}, tenant_id))
            AND (empty({providers:Array(String)}) OR has({providers:Array(String)}, provider))
            AND (
                empty({models:Array(String)})
                OR hasAny({models:Array(String)}, [CAST(request_model, 'String'), CAST(response_model, 'String'),
                    replaceRegexpOne(request_model, '[-@](20\\d{2}-\\d{2}-\\d{2}|20\\d{6})(-v\\d+(:\\d+)?)?$', ''),
                    replaceRegexpOne(response_model, '[-@](20\\d{2}-\\d{2}-\\d{2}|20\\d{6})(-v\\d+(:\\d+)?)?$', '')])
            )
        SETTINGS do_not_merge_across_partitions_select_final = 1
    ) AS call
    LEFT JOIN model
        ON model.provider = call.provider AND model.request_model = call.request_model
        AND model.response_model = call.response_model
    LEFT JOIN place
        ON place.provider = call.provider AND place.cloud_region = call.cloud_region
    LEFT JOIN hour
        ON hour.zone = zone_of(call.zone, place.zone) AND hour.ts = toStartOfHour(call.ts)
    LEFT JOIN month
        ON month.zone = zone_of(call.zone, place.zone) AND month.month = toStartOfMonth(call.ts)
    LEFT JOIN year
        ON year.zone = zone_of(call.zone, place.zone)
    -- What its country's values stand in for.
    LEFT JOIN hour AS national_hour
        ON national_hour.zone = country_of(call.zone, place.zone) AND national_hour.ts = toStartOfHour(call.ts)
    LEFT JOIN month AS national_month
        ON national_month.zone = country_of(call.zone, place.zone) AND national_month.month = toStartOfMonth(call.ts)
    LEFT JOIN year AS national
        ON national.zone = country_of(call.zone, place.zone)
    WHERE NOT {changed:UInt8}
        OR greatest(
            ifNull(model.changed_at, never), ifNull(place.changed_at, never),
            ifNull(hour.changed_at, never), ifNull(national_hour.changed_at, never),
            if(call.intensity_resolution = 'hour', never,
               greatest(ifNull(month.changed_at, never), ifNull(national_month.changed_at, never))),
            ifNull(year.changed_at, never), ifNull(national.changed_at, never), anything_changed_at
        ) > greatest(call.enriched_at, {since:DateTime64(6, 'UTC')}) - slack
        OR (call.price_id != '' AND call.price_id NOT IN (SELECT price_id FROM price_list FINAL))
    ORDER BY toStartOfHour(call.ts), call.trace_id, call.span_id
)
