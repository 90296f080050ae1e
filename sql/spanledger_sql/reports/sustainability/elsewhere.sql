-- What the same calls would have emitted in other zones, or put off by up to so many hours, each to its cleanest one.
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
--   zones Array(String): where the calls would run, each in rows of its own; '' leaves them where they ran
--   waits Array(UInt32): by up to how many hours they may be put off, each in a row; 0 leaves them when they were
--   signal, basis String: of the intensities: `average` or `marginal`, `lifecycle` or `direct`
--   booked UInt8: 1 where these are the ledger's own; of others nothing but hours is known
-- Columns:
--   zone: where they would run, as asked for
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
    drawn AS MATERIALIZED
    (
        SELECT
            CAST(zone, 'String') AS ran_in,
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
        GROUP BY ran_in, hour, unknown, unbooked
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
            FROM
            (
                SELECT DISTINCT if(elsewhere = '', ran_in, elsewhere) AS would_run_in, hour
                FROM drawn
                ARRAY JOIN {zones:Array(String)} AS elsewhere
            )
        ) AS candidate
        INNER JOIN hours
            ON hours.zone = candidate.would_run_in AND hours.ts = candidate.hour + toIntervalHour(candidate.later)
        ARRAY JOIN {waits:Array(UInt32)} AS wait
        WHERE candidate.later <= wait
        GROUP BY would_run_in, hour, wait
    ),
    -- Another zone's latest yearly mean, else its country's.
    yearly AS
    (
        SELECT elsewhere, argMax(g_per_kwh, (grid_intensity.zone = elsewhere, quality = 'own yearly mean', ts)) AS g_per_kwh
        FROM grid_intensity FINAL
        ARRAY JOIN {zones:Array(String)} AS elsewhere
        WHERE resolution = 'year' AND signal = {signal:String} AND basis = {basis:String}
            AND has([elsewhere, splitByChar('-', elsewhere)[1]], CAST(grid_intensity.zone, 'String'))
        GROUP BY elsewhere
    ),
    moved AS
    (
        SELECT
            d.elsewhere AS elsewhere,
            d.wait AS wait,
            d.calls AS calls,
            d.at_least AS at_least,
            d.wh AS wh,
            d.wh_least AS wh_least,
            d.wh_most AS wh_most,
            if({booked:UInt8}, d.booked_g_per_kwh, now.g_per_kwh) AS g_per_kwh,
            multiIf(
                -- What runs there already stays as it is, with the intensity that it was booked with.
                d.elsewhere = d.ran_in AND d.wait = 0, g_per_kwh,
                d.elsewhere = d.ran_in, least(g_per_kwh, ifNull(best.g_per_kwh, g_per_kwh)),
                d.elsewhere != '', ifNull(best.g_per_kwh, yearly.g_per_kwh),
                d.wait > 0, least(g_per_kwh, ifNull(best.g_per_kwh, g_per_kwh)),
                g_per_kwh) AS then_g_per_kwh,
            if(then_g_per_kwh < g_per_kwh OR d.elsewhere NOT IN ('', d.ran_in), ifNull(best.later, 0), 0) AS later,
            NOT d.unknown AND g_per_kwh IS NOT NULL AND then_g_per_kwh IS NOT NULL AS compared
        FROM
        (
            SELECT *, wait, if(elsewhere = '', ran_in, elsewhere) AS would_run_in
            FROM (SELECT *, elsewhere FROM drawn ARRAY JOIN {zones:Array(String)} AS elsewhere)
            ARRAY JOIN {waits:Array(UInt32)} AS wait
        ) AS d
        LEFT JOIN hours AS now
            ON now.zone = d.ran_in AND now.ts = d.hour
        LEFT JOIN best
            ON best.would_run_in = d.would_run_in AND best.hour = d.hour AND best.wait = d.wait
        LEFT JOIN yearly
            ON yearly.elsewhere = d.elsewhere
    )
SELECT
    m.elsewhere AS zone,
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
GROUP BY m.elsewhere, wait
ORDER BY indexOf({zones:Array(String)}, m.elsewhere), wait
