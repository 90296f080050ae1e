-- Every charge of a period by what it is, in FOCUS's four senses of cost: calls, commitments used and idle, charges, what
-- reconciliations add, and lines of bills that none has shared out.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   by Array(String): any of tenant, provider, model, meter, charge; the others are folded into ''
-- Columns:
--   kind: `call`, `commitment`, `idle commitment`, `charge`, `invoice` or `bill`
--   tenant, provider, model: '' where not asked for, or not told
--   meter: of calls what is counted; of others what they are
--   charge: the commitment, charge, reconciliation or bill; '' of calls
--   quantity: in `unit`, where all of it has one; NULL else
--   unit: '' where there are several
--   list_cost, contracted_cost, billed_cost, effective_cost: USD, sums of what is known
--   unknown_cost: how many rows of calls and meters are without a known cost
SELECT
    if(c.kind = 'commitment' AND c.idle = 1, 'idle commitment', c.kind) AS kind,
    if(has({by:Array(String)}, 'tenant'), c.tenant_id, '') AS tenant,
    if(has({by:Array(String)}, 'provider'), c.provider, '') AS provider,
    if(has({by:Array(String)}, 'model'), c.model, '') AS model,
    if(has({by:Array(String)}, 'meter'), c.meter, '') AS meter,
    if(has({by:Array(String)}, 'charge'), c.charge_id, '') AS charge,
    if(uniqExact(c.unit) = 1 AND any(c.unit) != '', sum(c.quantity), NULL) AS quantity,
    if(uniqExact(c.unit) = 1, any(c.unit), '') AS unit,
    sum(toDecimal128(ifNull(c.list_cost, 0), 12)) AS list_cost,
    sum(toDecimal128(ifNull(c.contracted_cost, 0), 12)) AS contracted_cost,
    sum(toDecimal128(ifNull(c.billed_cost, 0), 12)) AS billed_cost,
    sum(toDecimal128(ifNull(c.effective_cost, 0), 12)) AS effective_cost,
    countIf(c.effective_cost IS NULL) AS unknown_cost
FROM charges(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS c
GROUP BY ALL
ORDER BY kind, effective_cost DESC, tenant, provider, model, meter, charge
