-- Shares out the hours of one commitment over tenants by given weights, by largest remainder on the last digit (1e-12 USD).
-- Parameters: commitment_id String; version UInt64; from, to DateTime('UTC'): the hours, half-open; tenants
--     Array(String); weights Array(UInt256): of each of them; of_idle UInt8: share out the idle cost that
--     `hours.sql` set aside, else the whole cost of each hour; days Array(Date), versions Array(UInt64): of the idle cost,
--     which version of each day is or comes in force.
INSERT INTO allocation_row
WITH
    (
        SELECT (begins, toUInt64(dateDiff('hour', begins, ends)), toUInt256(reinterpret(amount, 'Int128')))
        FROM commitment FINAL
        WHERE commitment_id = {commitment_id:String}
    ) AS one,
    one.1 AS begins,
    one.2 AS hours,
    one.3 AS units,
    arraySum({weights:Array(UInt256)}) AS whole,
    hour_cost AS
    (
        SELECT
            toDateTime(toUnixTimestamp(begins) + 3600 * number, 'UTC') AS hour,
            intDiv(units, hours) + if(number < units % hours, 1, 0) AS cost
        FROM numbers(assumeNotNull(toUInt64(dateDiff('hour', begins, {to:DateTime('UTC')}))))
        WHERE NOT {of_idle:UInt8} AND number >= dateDiff('hour', begins, {from:DateTime('UTC')})
        UNION ALL
        SELECT hour, toUInt256(reinterpret(amount, 'Int128')) AS cost
        FROM allocation_row
        WHERE {of_idle:UInt8} AND commitment_id = {commitment_id:String} AND idle = 2
            AND (day, version) IN (SELECT arrayJoin(arrayZip({days:Array(Date)}, {versions:Array(UInt64)})))
            AND hour >= {from:DateTime('UTC')} AND hour < {to:DateTime('UTC')}
    ),
    share AS
    (
        SELECT
            hour,
            cost,
            tenant_id,
            intDiv(cost * weight, whole) AS floor_units,
            (cost * weight) % whole AS remainder
        FROM hour_cost
        ARRAY JOIN {tenants:Array(String)} AS tenant_id, {weights:Array(UInt256)} AS weight
    )
SELECT
    {commitment_id:String} AS commitment_id,
    {version:UInt64} AS version,
    hour,
    tenant_id,
    '' AS trace_id,
    '' AS span_id,
    reinterpret(toInt128(floor_units + if(place <= toUInt256(cost - allotted), 1, 0)), 'Decimal(38, 12)') AS amount,
    {of_idle:UInt8} AS idle,
    if({of_idle:UInt8}, toDate(0), toDate(hour)) AS day
FROM
(
    SELECT
        *,
        sum(floor_units) OVER (PARTITION BY hour) AS allotted,
        row_number() OVER (PARTITION BY hour ORDER BY remainder DESC, tenant_id) AS place
    FROM share
)
