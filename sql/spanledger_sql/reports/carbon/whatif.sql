-- What the same calls would have emitted and cost elsewhere, later, on another model, or with more prompt caching.
--
-- Energy that was measured on a host says nothing of another model or cache: such calls are not compared then.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, feature, model, zone, hour_of_day; the others are folded into ''
--   custom Array(String): names of dimensions of one's own, as `attribution(name=...)` says them
--   where_names, where_values Array(String): only calls whose dimensions of one's own have these values
--   timezone String: of the hours
--   zone String: where the calls would run; '' leaves them where they ran
--   window UInt32: by how many hours each may be put off, to the one with the least intensity
--   costed Identifier: the same calls as they would have been booked on another model or with more caching, or `calls`
--   recosted UInt8: 1 where that is not `calls`
--   signal, basis String: of the intensities: `average` or `marginal`, `lifecycle` or `direct`
--   booked UInt8: 1 where these are the ledger's own; of others nothing but hours is known
-- Columns:
--   tenant, feature, model, zone, hour_of_day: '' where not asked for
--   custom: the values of the dimensions of one's own, in their order; '' where a call says none
--   calls: counted ones
--   energy_kwh, then_energy_kwh: over the calls whose emissions are known both ways: as it is and would have been, kWh
--   co2e_kg: over the same calls: location-based, by the signal, kgCO2e
--   then_co2e_kg, then_co2e_kg_least, then_co2e_kg_most: over the same calls: what it would have been, with the ends of
--     the assumptions, kgCO2e
--   co2e_change_percent: of co2e_kg, %
--   shifted_hours: by how much these calls are put off on average, h
--   list_cost, then_list_cost: over the calls whose cost is known both ways: as it is and would have been, USD
--   cost_change_percent: of list_cost, %
--   not_compared_calls, cost_not_compared_calls: left out of these
WITH
    hours AS
    (
        SELECT zone, ts, g_per_kwh
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {signal:String} AND basis = {basis:String}
            AND ts >= toStartOfHour(toDateTime({from:DateTime64(9, 'UTC')}, 'UTC'))
            AND ts < toDateTime({to:DateTime64(9, 'UTC')}, 'UTC') + toIntervalHour({window:UInt32} + 1)
    ),
    -- The cleanest hour that is known within the window, for each zone and hour that calls start in.
    best AS
    (
        SELECT
            candidate.zone AS zone,
            candidate.hour AS hour,
            min(hours.g_per_kwh) AS g_per_kwh,
            argMin(candidate.later, (hours.g_per_kwh, candidate.later)) AS later
        FROM
        (
            SELECT
                if({zone:String} = '', c.zone, {zone:String}) AS zone,
                toStartOfHour(c.ts) AS hour,
                arrayJoin(range(toUInt32({window:UInt32} + 1))) AS later
            FROM calls AS c
            WHERE c.ts >= {from:DateTime64(9, 'UTC')}
                AND c.ts < {to:DateTime64(9, 'UTC')}
            GROUP BY zone, hour
        ) AS candidate
        INNER JOIN hours
            ON hours.zone = candidate.zone AND hours.ts = candidate.hour + toIntervalHour(candidate.later)
        GROUP BY zone, hour
    ),
    -- The other zone's latest yearly mean, else its country's.
    (
        SELECT argMax(g_per_kwh, (grid_intensity.zone = {zone:String}, quality = 'own yearly mean', ts))
        FROM grid_intensity FINAL
        WHERE resolution = 'year' AND signal = {signal:String} AND basis = {basis:String}
            AND grid_intensity.zone IN ({zone:String}, splitByChar('-', {zone:String})[1])
        HAVING count() > 0
    ) AS yearly_g_per_kwh
SELECT
    if(has({by:Array(String)}, 'tenant'), w.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'feature'), w.feature, '') AS feature,
    if(has({by:Array(String)}, 'model'), w.model, '') AS model,
    if(has({by:Array(String)}, 'zone'), w.zone, '') AS zone,
    if(has({by:Array(String)}, 'hour_of_day'),
       formatDateTime(toTimeZone(w.ts, {timezone:String}), '%H'), '') AS hour_of_day,
    w.custom AS custom,
    sum(w.known_calls) AS calls,
    sumIf(w.energy_wh, w.compared) / 1000 AS energy_kwh,
    sumIf(w.then_wh, w.compared) / 1000 AS then_energy_kwh,
    sumIf(w.co2e_g, w.compared) / 1000 AS co2e_kg,
    sumIf(w.then_g, w.compared) / 1000 AS then_co2e_kg,
    sumIf(w.then_g_low, w.compared) / 1000 AS then_co2e_kg_least,
    sumIf(w.then_g_high, w.compared) / 1000 AS then_co2e_kg_most,
    100 * (then_co2e_kg / co2e_kg - 1) AS co2e_change_percent,
    sumIf(w.later * w.least_calls, w.compared) / nullIf(sumIf(w.least_calls, w.compared), 0) AS shifted_hours,
    sumIf(toDecimal128(w.list_cost, 12), w.cost_compared) AS list_cost,
    sumIf(toDecimal128(w.then_cost, 12), w.cost_compared) AS then_list_cost,
    100 * (toFloat64(then_list_cost) / toFloat64(list_cost) - 1) AS cost_change_percent,
    sumIf(w.least_calls, NOT w.compared) AS not_compared_calls,
    sumIf(w.least_calls, NOT w.cost_compared) AS cost_not_compared_calls
FROM
(
    SELECT
        m.ts AS ts,
        m.known_calls AS known_calls,
        m.least_calls AS least_calls,
        m.tenant_id AS tenant_id,
        m.feature AS feature,
        m.custom AS custom,
        m.model AS model,
        m.zone AS zone,
        m.energy_wh AS energy_wh,
        -- Now, by the signal asked for.
        if({booked:UInt8}, m.intensity_g_per_kwh, own.g_per_kwh) AS intensity,
        if({booked:UInt8}, m.co2e_g, m.energy_wh / 1000 * own.g_per_kwh) AS co2e_g,
        m.list_cost AS list_cost,
        m.then_wh AS then_wh,
        multiIf(
            -- What runs there already stays as it is, with the intensity that it was booked with.
            {zone:String} != '' AND m.zone = {zone:String} AND {window:UInt32} = 0, intensity,
            {zone:String} != '' AND m.zone = {zone:String}, least(intensity, ifNull(best.g_per_kwh, intensity)),
            {zone:String} != '', ifNull(best.g_per_kwh, yearly_g_per_kwh),
            {window:UInt32} > 0, least(intensity, ifNull(best.g_per_kwh, intensity)),
            intensity) AS then_intensity,
        if(then_intensity < intensity OR {zone:String} NOT IN ('', m.zone), ifNull(best.later, 0), 0) AS later,
        then_wh / 1000 * then_intensity AS then_g,
        m.then_wh_low / 1000 * then_intensity AS then_g_low,
        m.then_wh_high / 1000 * then_intensity AS then_g_high,
        m.then_cost AS then_cost,
        co2e_g IS NOT NULL AND then_g IS NOT NULL AS compared,
        list_cost IS NOT NULL AND then_cost IS NOT NULL AS cost_compared
    FROM
    (
        SELECT
            c.ts AS ts,
            c.known_calls AS known_calls,
            c.least_calls AS least_calls,
            c.tenant_id AS tenant_id,
            c.feature AS feature,
            arrayMap(name -> c.dimensions[name], {custom:Array(String)}) AS custom,
            c.model AS model,
            c.zone AS zone,
            c.energy_wh AS energy_wh,
            c.intensity_g_per_kwh AS intensity_g_per_kwh,
            c.co2e_g AS co2e_g,
            c.list_cost AS list_cost,
            new.list_cost AS then_cost,
            if({recosted:UInt8} AND new.energy_method = 'measured', NULL, new.energy_wh) AS then_wh,
            if({recosted:UInt8} AND new.energy_method = 'measured', NULL, new.energy_wh_low) AS then_wh_low,
            if({recosted:UInt8} AND new.energy_method = 'measured', NULL, new.energy_wh_high) AS then_wh_high
        FROM calls AS c
        LEFT JOIN
        (
            SELECT trace_id, span_id, list_cost, energy_method, energy_wh, energy_wh_low, energy_wh_high
            FROM {costed:Identifier}
            WHERE ts >= {from:DateTime64(9, 'UTC')}
                AND ts < {to:DateTime64(9, 'UTC')}
        ) AS new
            ON new.trace_id = c.trace_id AND new.span_id = c.span_id
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND {{own_where}}
    ) AS m
    LEFT JOIN hours AS own
        ON own.zone = m.zone AND own.ts = toStartOfHour(m.ts)
    LEFT JOIN best
        ON best.zone = if({zone:String} = '', m.zone, {zone:String}) AND best.hour = toStartOfHour(m.ts)
) AS w
GROUP BY ALL
ORDER BY tenant, feature, model, zone, hour_of_day, custom
