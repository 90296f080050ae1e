-- What calls cost by the rate cards of their tenants' price plans. Of what a card does not name the plan's basis counts, with
-- the markup.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): calls that started then, half-open
--   timezone String: of the months
-- Columns:
--   trace_id, span_id: of the call, lower-case hex
--   price: what the tenant pays for it, USD
-- Needs: metered_charge, plan_month, rate_card

CREATE OR REPLACE VIEW carded_call AS
WITH
    {{planned}},
    lines_for(plan.card, used.provider, used.model) AS lines,
    fitting(lines, used.meter, used.unit) AS fit
SELECT
    used.trace_id AS trace_id,
    used.span_id AS span_id,
    sum(multiIf(
        notEmpty(fit), carded(fit[1].5, plan.usd_each, used.quantity),
        -- A card knows no least charges.
        used.meter = 'rounding' AND notEmpty(lines), toDecimal128(0, 12),
        marked_up(ifNull(if(plan.basis = 'list', used.list_cost, used.contracted_cost), toDecimal128(0, 12)), plan.factor))) AS price
FROM
(
    SELECT
        trace_id, span_id, provider, model, meter, unit, quantity, list_cost, contracted_cost,
        CAST(tenant_id, 'String') AS whose,
        toStartOfMonth(toDate(toTimeZone(ts, {timezone:String}))) AS of_month,
        {{plan_tenant}} AS plan_tenant
    FROM metered_charge
    WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
        AND (SELECT count() FROM plan_month WHERE card != '') > 0
) AS used
INNER JOIN (SELECT * FROM plan_month WHERE card != '') AS plan
    ON plan.tenant_id = used.plan_tenant AND plan.month = used.of_month
GROUP BY trace_id, span_id;
