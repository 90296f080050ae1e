-- What each owner answered for: tenants and cost centres with their cost, split to the moment where a tenant went to another owner.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   owner: who answered for the tenant when the call was made; '' where nobody is told
--   tenant: the tenant
--   cost_center: of the call, else the tenant's then
--   calls: counted ones
--   unknown_cost_calls: of them, without a known cost
--   effective_cost: USD, parts of commitments and other charges included; of what is not known nothing
WITH
    -- When a tenant went to another owner within the period: where none did, sums of days are read; of hours where that was on the hour.
    moved AS
    (
        SELECT arrayJoin([valid_from, valid_to]) AS at
        FROM tenant_period FINAL
        WHERE NOT removed AND at > {from:DateTime64(9, 'UTC')} AND at < {to:DateTime64(9, 'UTC')}
    ),
    told AS
    (
        SELECT
            c.ts AS ts, CAST(c.tenant_id, 'String') AS tenant_id, CAST(c.cost_center, 'String') AS cost_center,
            c.known_calls AS calls,
            if(c.contracted_cost IS NULL, c.least_calls, 0) AS unknown_cost_calls,
            toDecimal128(ifNull(c.contracted_cost, 0), 12) AS cost
        FROM call_hours(
            from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}, moment = toDateTime64('2200-01-01', 6, 'UTC'),
            grain = if((SELECT count() FROM moved) = 0, 'period', 'hour'), timezone = 'UTC',
            told = if((SELECT countIf(at != toStartOfHour(at)) FROM moved) = 0, [''], ['user'])) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        -- <commitments>
        UNION ALL
        -- What a commitment pays costs its parts; where nothing is committed no call is read twice.
        SELECT
            c.ts, CAST(c.tenant_id, 'String'), CAST(c.cost_center, 'String'), 0, 0, -toDecimal128(ifNull(c.contracted_cost, 0), 12)
        FROM calls AS c
        INNER JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
            ON paid.trace_id = c.trace_id AND paid.span_id = c.span_id
        WHERE (SELECT count() FROM commitment) > 0
            AND c.ts >= {from:DateTime64(9, 'UTC')} AND c.ts < {to:DateTime64(9, 'UTC')}
        -- </commitments>
        -- <beside>
        UNION ALL
        SELECT booked_at, tenant_id, cost_center, 0, 0, if(is_prepaid, toDecimal128(0, 12), amount)
        FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')})
        -- </beside>
    )
SELECT
    if(ifNull(t.ts < held.valid_to, 0), ifNull(CAST(held.owner, 'Nullable(String)'), ''), '') AS owner,
    t.tenant_id AS tenant,
    t.cost_center AS cost_center,
    sum(t.calls) AS calls,
    sum(t.unknown_cost_calls) AS unknown_cost_calls,
    sum(t.cost) AS effective_cost
FROM told AS t
ASOF LEFT JOIN (SELECT * FROM tenant_period FINAL WHERE NOT removed) AS held
    ON held.tenant_id = t.tenant_id AND held.valid_from <= t.ts
GROUP BY owner, tenant, cost_center
ORDER BY effective_cost DESC, owner, tenant, cost_center
