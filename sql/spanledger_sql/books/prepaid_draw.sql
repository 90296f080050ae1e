-- Draws prepaid credits down by the calls that they are for, hour by hour until nothing is left: what a commitment pays, or credits that
-- were bought before have paid, draws nothing.
-- Parameters: charge_id String; version UInt64; amount Decimal(38, 12): what there is, USD; from, to DateTime64(9, 'UTC'): its
--     time, half-open; names Array(String): whose calls, as spans name providers; everybody UInt8: 1: of all; charges
--     Array(String), versions Array(UInt64): the credits before, and which draws of each are or come in force.
INSERT INTO prepaid_draw
WITH
    used AS
    (
        SELECT
            toStartOfHour(toDateTime(call.ts, 'UTC')) AS hour,
            call.tenant_id AS tenant_id,
            call.provider AS provider,
            call.model AS model,
            sum(toDecimal128(ifNull(call.contracted_cost, 0), 12)) AS cost
        FROM calls AS call
        WHERE call.ts >= {from:DateTime64(9, 'UTC')} AND call.ts < {to:DateTime64(9, 'UTC')}
            AND ({everybody:UInt8} OR has({names:Array(String)}, call.provider))
            AND (call.trace_id, call.span_id) NOT IN (
                SELECT trace_id, span_id
                FROM paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}))
        GROUP BY hour, tenant_id, provider, model
    ),
    drawn AS
    (
        SELECT hour, tenant_id, provider, model, sum(prepaid_draw.amount) AS amount
        FROM prepaid_draw
        WHERE (charge_id, version) IN (SELECT arrayJoin(arrayZip({charges:Array(String)}, {versions:Array(UInt64)})))
        GROUP BY hour, tenant_id, provider, model
    ),
    rest AS
    (
        SELECT
            used.hour AS hour, used.tenant_id AS tenant_id, used.provider AS provider, used.model AS model,
            used.cost - ifNull(drawn.amount, toDecimal128(0, 12)) AS cost,
            sum(cost) OVER (
                ORDER BY used.hour, used.tenant_id, used.provider, used.model ROWS UNBOUNDED PRECEDING) - cost AS before
        FROM used
        LEFT JOIN drawn
            ON drawn.hour = used.hour AND drawn.tenant_id = used.tenant_id AND drawn.provider = used.provider
            AND drawn.model = used.model
    )
SELECT
    {charge_id:String} AS charge_id,
    {version:UInt64} AS version,
    hour,
    tenant_id,
    provider,
    model,
    least(rest.cost, {amount:Decimal(38, 12)} - before) AS amount
FROM rest
WHERE rest.cost > 0 AND before < {amount:Decimal(38, 12)}
