-- What commitments cost over time, for use and for what nobody used.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the buckets
--   tenants Array(String): whose parts; empty: everybody's
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   grain String: `hour`, `day`, `week` (from Monday) or `month`
--   commitments Array(String): which; none: all
-- Columns:
--   bucket: start of the local hour, day, week or month, as wall-clock time of the time zone
--   used_cost, idle_cost: USD; 0: nothing of it was used, or idle
SELECT
    dateTrunc(
        {grain:String},
        addSeconds(toDateTime(c.ts), timezoneOffset(toTimeZone(c.ts, {timezone:String}))),
        'UTC'
    ) AS bucket,
    ifNull(sumIf(c.amount, c.idle = 0), toDecimal128(0, 12)) AS used_cost,
    ifNull(sumIf(c.amount, c.idle = 1), toDecimal128(0, 12)) AS idle_cost
FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS c
WHERE c.kind = 'commitment'
    AND (empty({commitments:Array(String)}) OR has({commitments:Array(String)}, c.charge_id))
    AND {{asked_for}}
GROUP BY bucket
ORDER BY bucket
