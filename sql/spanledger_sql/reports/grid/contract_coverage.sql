-- How far contracted volumes (mwh) cover the calls' energy, matched over the whole period and hour by hour, and the
-- market-based emissions that follow. Beside them the location-based ones: neither is netted against the other.
--
-- A contract's volume lies evenly over its period; a PPA's hours, each a contract of one hour, keep their shape. It
-- covers calls of its own zone (a country's: of all its zones) and provider ('' is all that have no contract of their
-- own there). What no volume covers has the row's own market factor: supplier's, residual mix, shares, else location.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   zone, provider: of the pool; '' of a zone's or provider's that has no contract
--   consumed_kwh: of the calls, kWh
--   contracted_kwh: in the period, kWh
--   annual_kwh, hourly_kwh: covered by either matching, kWh
--   annual_share, hourly_share: of what was consumed, 0 to 1
--   location_kg: location-based, kgCO2e
--   market_annual_kg, market_hourly_kg: market-based, by either matching, kgCO2e
--   unknown_calls: whose energy, and so whose emissions, nobody knows
WITH
    volumes AS
    (
        SELECT
            zone,
            provider,
            contract_id,
            g_per_kwh,
            mwh * 1000 / greatest(1, dateDiff('second', valid_from, valid_until)) AS kwh_per_second,
            greatest(valid_from, toDateTime({from:DateTime64(9, 'UTC')})) AS begins,
            least(valid_until, toDateTime({to:DateTime64(9, 'UTC')})) AS ends
        FROM grid_contract FINAL
        WHERE mwh IS NOT NULL AND kind IN ('certificate', 'ppa') AND begins < ends
    ),
    pools AS
    (
        SELECT zone, provider FROM volumes GROUP BY zone, provider
    ),
    -- The energy of each contract in each hour that it touches.
    contracted AS
    (
        SELECT
            zone,
            provider,
            toDateTime(part.starts, 'UTC') AS hour,
            sum(part.kwh) AS kwh,
            sum(part.kwh * part.g_per_kwh) / nullIf(sum(part.kwh), 0) AS g_per_kwh
        FROM
        (
            SELECT
                zone,
                provider,
                g_per_kwh,
                arrayJoin(range(toUInt32(toStartOfHour(begins)), toUInt32(ends), 3600)) AS starts,
                kwh_per_second * (least(toUInt32(ends), starts + 3600) - greatest(toUInt32(begins), starts)) AS kwh
            FROM volumes
        ) AS part
        GROUP BY zone, provider, hour
    ),
    consumed AS
    (
        SELECT
            multiIf(
                (c.zone, c.provider) IN (SELECT zone, provider FROM pools), c.zone,
                (country, c.provider) IN (SELECT zone, provider FROM pools), country,
                (c.zone, '') IN (SELECT zone, provider FROM pools), c.zone,
                (country, '') IN (SELECT zone, provider FROM pools), country,
                c.zone) AS zone,
            if((zone, c.provider) IN (SELECT zone, provider FROM pools), c.provider, '') AS provider,
            toStartOfHour(toDateTime(c.ts, 'UTC')) AS hour,
            splitByChar('-', toString(c.zone))[1] AS country,
            sum(c.energy_wh) / 1000 AS kwh,
            sum(c.co2e_g) / 1000 AS location_kg,
            sum(c.co2e_market_g) / 1000 AS market_kg,
            sumIf(c.least_calls, c.energy_wh IS NULL) AS unknown_calls
        FROM call_hours(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
            moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'hour', timezone = 'UTC', told = []) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        GROUP BY zone, provider, hour, country
    ),
    hourly AS
    (
        SELECT
            used.zone AS zone,
            used.provider AS provider,
            used.kwh AS kwh,
            used.location_kg AS location_kg,
            used.market_kg AS market_kg,
            used.unknown_calls AS unknown_calls,
            least(ifNull(used.kwh, 0), ifNull(bought.kwh, 0)) AS covered_kwh,
            -- The covered part has the contracts' factor, the rest the row's own.
            used.market_kg * (1 - covered_kwh / nullIf(used.kwh, 0))
                + covered_kwh * ifNull(bought.g_per_kwh, 0) / 1000 AS matched_kg
        FROM
        (
            SELECT zone, provider, hour, sum(c.kwh) AS kwh, sum(c.location_kg) AS location_kg,
                sum(c.market_kg) AS market_kg, sum(c.unknown_calls) AS unknown_calls
            FROM consumed AS c
            GROUP BY zone, provider, hour
        ) AS used
        LEFT JOIN (SELECT * FROM contracted) AS bought
            ON bought.zone = used.zone AND bought.provider = used.provider AND bought.hour = used.hour
    ),
    bought AS
    (
        SELECT
            zone,
            provider,
            sum(c.kwh) AS total_kwh,
            sum(c.kwh * c.g_per_kwh) / nullIf(sum(c.kwh), 0) AS factor
        FROM contracted AS c
        GROUP BY zone, provider
    ),
    used AS
    (
        SELECT
            zone,
            provider,
            sum(h.kwh) AS kwh,
            sum(h.covered_kwh) AS covered_kwh,
            sum(h.location_kg) AS location_kg,
            sum(h.market_kg) AS market_kg,
            sum(h.matched_kg) AS matched_kg,
            sum(h.unknown_calls) AS unknown_calls
        FROM hourly AS h
        GROUP BY zone, provider
    )
SELECT
    if(u.zone IS NULL, b.zone, u.zone) AS zone,
    if(u.zone IS NULL, b.provider, u.provider) AS provider,
    ifNull(u.kwh, 0) AS consumed_kwh,
    ifNull(b.total_kwh, 0) AS contracted_kwh,
    least(consumed_kwh, contracted_kwh) AS annual_kwh,
    ifNull(u.covered_kwh, 0) AS hourly_kwh,
    annual_kwh / nullIf(consumed_kwh, 0) AS annual_share,
    hourly_kwh / nullIf(consumed_kwh, 0) AS hourly_share,
    u.location_kg AS location_kg,
    u.market_kg * (1 - annual_share) + annual_kwh * ifNull(b.factor, 0) / 1000 AS market_annual_kg,
    u.matched_kg AS market_hourly_kg,
    ifNull(u.unknown_calls, 0) AS unknown_calls
FROM (SELECT * FROM used) AS u
FULL JOIN (SELECT * FROM bought) AS b ON b.zone = u.zone AND b.provider = u.provider
ORDER BY consumed_kwh DESC, zone, provider
