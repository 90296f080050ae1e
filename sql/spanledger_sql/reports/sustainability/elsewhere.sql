-- What the same calls would have emitted in another zone, or put off by up to so many hours, each to its cleanest one.
--
-- As the report carbon/whatif reckons; every wait at once, by the hours of each zone rather than by the call. What idle
-- hosts drew stays where it was, and is in no sum.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): as the ledger was then
--   zone String: where the calls would run; '' leaves them where they ran
--   waits Array(UInt32): by up to how many hours they may be put off, each in a row; 0 leaves them when they were
--   signal, basis String: of the intensities: `average` or `marginal`, `lifecycle` or `direct`
--   booked UInt8: 1 where these are the ledger's own; of others nothing but hours is known
-- Columns:
--   wait: hours by which calls may be put off at most
--   calls: counted ones
--   energy_wh: of the calls whose emissions are known both ways, Wh
--   co2e_g: over the same calls: location-based, by the signal, gCO2e
--   then_co2e_g, then_co2e_g_least, then_co2e_g_most: over the same calls: what it would have been, with the ends of the
--     assumptions, gCO2e
--   shifted_hours: by how much these calls are put off on average, h
--   not_compared_calls: left out of these
WITH
    hours AS
    (
        SELECT zone, ts, g_per_kwh
        FROM grid_intensity FINAL
        WHERE resolution = 'hour' AND signal = {signal:String} AND basis = {basis:String}
            AND ts >= toStartOfHour(toDateTime({from:DateTime64(9, 'UTC')}, 'UTC'))
            AND ts < toDateTime({to:DateTime64(9, 'UTC')}, 'UTC') + toIntervalHour(arrayMax({waits:Array(UInt32)}) + 1)
    ),
    drawn AS
    (
        SELECT
            CAST(zone, 'String') AS ran_in,
            if({zone:String} = '', ran_in, {zone:String}) AS would_run_in,
            toStartOfHour(toDateTime(ts, 'UTC')) AS hour,
            energy_wh IS NULL AS unknown,
            co2e_g IS NULL AS unbooked,
            sum(known_calls) AS calls,
            sum(least_calls) AS at_least,
            sum(energy_wh) AS wh,
            -- Of an hour and zone they are all the same, but where some calls were booked anew since.
            if(unbooked, NULL, ifNull(sum(co2e_g) / nullIf(wh, 0) * 1000, max(intensity_g_per_kwh))) AS booked_g_per_kwh,
            sum(energy_wh_low) AS wh_least,
            sum(energy_wh_high) AS wh_most
        FROM call_hours({{what_is_asked_for}}, grain = 'hour', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY ran_in, would_run_in, hour, unknown, unbooked
    ),
    -- The cleanest hour that is known within each wait, for each zone and hour that calls start in.
    best AS
    (
        SELECT
            candidate.would_run_in AS would_run_in,
            candidate.hour AS hour,
            wait,
            min(hours.g_per_kwh) AS g_per_kwh,
            argMin(candidate.later, (hours.g_per_kwh, candidate.later)) AS later
        FROM
        (
            SELECT would_run_in, hour, arrayJoin(range(arrayMax({waits:Array(UInt32)}) + 1)) AS later
            FROM drawn
            GROUP BY would_run_in, hour
        ) AS candidate
        INNER JOIN hours
            ON hours.zone = candidate.would_run_in AND hours.ts = candidate.hour + toIntervalHour(candidate.later)
        ARRAY JOIN {waits:Array(UInt32)} AS wait
        WHERE candidate.later <= wait
        GROUP BY would_run_in, hour, wait
    ),
    -- The other zone's latest yearly mean, else its country's.
    (
        SELECT argMax(g_per_kwh, (grid_intensity.zone = {zone:String}, quality = 'own yearly mean', ts))
        FROM grid_intensity FINAL
        WHERE resolution = 'year' AND signal = {signal:String} AND basis = {basis:String}
            AND grid_intensity.zone IN ({zone:String}, splitByChar('-', {zone:String})[1])
        HAVING count() > 0
    ) AS yearly_g_per_kwh,
    moved AS
    (
        SELECT
            d.wait AS wait,
            d.calls AS calls,
            d.at_least AS at_least,
            d.wh AS wh,
            d.wh_least AS wh_least,
            d.wh_most AS wh_most,
            if({booked:UInt8}, d.booked_g_per_kwh, now.g_per_kwh) AS g_per_kwh,
            multiIf(
                -- What runs there already stays as it is, with the intensity that it was booked with.
                {zone:String} != '' AND d.ran_in = {zone:String} AND d.wait = 0, g_per_kwh,
                {zone:String} != '' AND d.ran_in = {zone:String}, least(g_per_kwh, ifNull(best.g_per_kwh, g_per_kwh)),
                {zone:String} != '', ifNull(best.g_per_kwh, yearly_g_per_kwh),
                d.wait > 0, least(g_per_kwh, ifNull(best.g_per_kwh, g_per_kwh)),
                g_per_kwh) AS then_g_per_kwh,
            if(then_g_per_kwh < g_per_kwh OR {zone:String} NOT IN ('', d.ran_in), ifNull(best.later, 0), 0) AS later,
            NOT d.unknown AND g_per_kwh IS NOT NULL AND then_g_per_kwh IS NOT NULL AS compared
        FROM (SELECT *, wait FROM drawn ARRAY JOIN {waits:Array(UInt32)} AS wait) AS d
        LEFT JOIN hours AS now
            ON now.zone = d.ran_in AND now.ts = d.hour
        LEFT JOIN best
            ON best.would_run_in = d.would_run_in AND best.hour = d.hour AND best.wait = d.wait
    )
SELECT
    wait,
    sum(m.calls) AS calls,
    sumIf(m.wh, m.compared) AS energy_wh,
    sumIf(m.wh / 1000 * m.g_per_kwh, m.compared) AS co2e_g,
    sumIf(m.wh / 1000 * m.then_g_per_kwh, m.compared) AS then_co2e_g,
    sumIf(m.wh_least / 1000 * m.then_g_per_kwh, m.compared) AS then_co2e_g_least,
    sumIf(m.wh_most / 1000 * m.then_g_per_kwh, m.compared) AS then_co2e_g_most,
    sumIf(m.later * m.at_least, m.compared) / nullIf(sumIf(m.at_least, m.compared), 0) AS shifted_hours,
    sumIf(m.at_least, NOT m.compared) AS not_compared_calls
FROM moved AS m
GROUP BY wait
ORDER BY wait
