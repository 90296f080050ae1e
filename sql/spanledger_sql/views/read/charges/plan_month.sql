-- The price plans in force, month by month, up to the next one.
--
-- Columns:
--   tenant_id: whose; `*` of everybody who has none of his own
--   month: its first day
--   plan_id, basis, markup_percent, card, rounding, decimals, currency, pays: as in `price_plan`
--   factor: 1 and the markup
--   usd_each: USD that one unit of the currency is worth: as agreed, else the rate in force when the month begins
--   minimum, free_amount: of the month, USD
--   free_tokens: of the month
-- Needs: price_plan, exchange_rate

CREATE OR REPLACE VIEW plan_month AS
WITH
    ((amount, rate) -> toDecimal128(toDecimal256(amount, 12) * toDecimal256(rate, 22) + toDecimal256('0.0000000000005', 34), 12)) AS usd
SELECT
    CAST(plan.tenant_id, 'String') AS tenant_id,
    plan.month AS month,
    plan.plan_id AS plan_id,
    plan.basis AS basis,
    plan.markup_percent AS markup_percent,
    toDecimal128(1, 8) + plan.markup_percent * toDecimal128('0.01', 2) AS factor,
    plan.card AS card,
    plan.rounding AS rounding,
    plan.decimals AS decimals,
    plan.currency AS currency,
    plan.pays AS pays,
    multiIf(plan.exchange_rate != 0, plan.exchange_rate, plan.currency = 'USD', toDecimal128(1, 22), rate.usd) AS usd_each,
    usd(plan.minimum, usd_each) AS minimum,
    usd(plan.free_amount, usd_each) AS free_amount,
    plan.free_tokens AS free_tokens
FROM
(
    SELECT
        *,
        arrayJoin(arrayMap(number -> addMonths(valid_from, number), range(toUInt32(greatest(0, dateDiff('month', valid_from,
            least(valid_to, addMonths(toStartOfMonth(today()), 2)))))))) AS month
    FROM price_plan FINAL
    WHERE NOT removed
) AS plan
ASOF LEFT JOIN (SELECT * FROM exchange_rate FINAL) AS rate
    ON rate.currency = plan.currency AND rate.valid_from <= toDateTime(plan.month, 'UTC');
