-- What stands beside the calls of `finance/trend`, by the same buckets and names: what of their cost a commitment pays, the parts of
-- commitments, and other charges. Contracted cost less what is covered, and these, is the effective cost.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   timezone String: of the buckets
--   tenants Array(String): whose; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
--   moment DateTime64(6, 'UTC'): calls as the ledger was then
--   grain String: `hour`, `day`, `week` (from Monday) or `month`
--   dimension String: as of `chargeback/owed`; '' for one name of everything
-- Columns:
--   bucket: start of the local hour, day, week or month in which what the charge is for begins, as wall-clock time of the time zone
--   name: of the dimension; a charge that names no call has its tenant, provider and model alone
--   covered_cost: contracted cost of calls that a commitment pays, USD
--   commitment_cost: parts of commitments, for use, USD
--   idle_cost: parts of commitments, for what nobody used, USD
--   charge_cost: other charges: storage, seats, taxes, credits, what reconciliations add, USD
--   prepaid_cost: purchases of prepaid credits, less what calls draw of them: billed, and not effective, USD
WITH
    told AS
    (
        SELECT
            c.ts AS ts, {{name_by_dimension}} AS name, c.kind AS kind, c.idle AS idle, c.is_prepaid AS is_prepaid,
            c.amount AS amount
        FROM (SELECT * REPLACE (booked_at AS ts) FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})) AS c
        WHERE {{asked_for}}
        -- <commitments>
        UNION ALL
        SELECT
            c.ts, {{name_by_dimension}}, 'covered', toUInt8(0), toUInt8(0), toDecimal128(ifNull(c.contracted_cost, 0), 12)
        FROM calls_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE {{asked_for}}
        -- </commitments>
    )
SELECT
    dateTrunc(
        {grain:String},
        addSeconds(toDateTime(told.ts), timezoneOffset(toTimeZone(told.ts, {timezone:String}))),
        'UTC'
    ) AS bucket,
    told.name AS name,
    ifNull(sumIf(told.amount, told.kind = 'covered'), toDecimal128(0, 12)) AS covered_cost,
    ifNull(sumIf(told.amount, told.kind = 'commitment' AND told.idle = 0), toDecimal128(0, 12)) AS commitment_cost,
    ifNull(sumIf(told.amount, told.kind = 'commitment' AND told.idle = 1), toDecimal128(0, 12)) AS idle_cost,
    ifNull(sumIf(told.amount, told.kind NOT IN ('covered', 'commitment') AND told.is_prepaid = 0), toDecimal128(0, 12)) AS charge_cost,
    ifNull(sumIf(told.amount, told.is_prepaid = 1), toDecimal128(0, 12)) AS prepaid_cost
FROM told
GROUP BY
    bucket,
    name
ORDER BY
    bucket,
    name
