-- The price plans in force.
--
-- Columns:
--   plan: its name
--   tenant: whose; `*` of everybody who has none of his own
--   valid_from, valid_to: first day of the first month, and of the first that it does not hold for; NULL: open
--   basis, markup_percent, card, minimum, free_amount, free_tokens, rounding, decimals, currency, exchange_rate, pays, source,
--     said_at: as in `price_plan`
SELECT
    plan_id AS plan,
    CAST(tenant_id, 'String') AS tenant,
    valid_from,
    nullIf(price_plan.valid_to, toDate('2149-06-01')) AS valid_to,
    basis,
    markup_percent,
    card,
    minimum,
    free_amount,
    free_tokens,
    rounding,
    decimals,
    currency,
    exchange_rate,
    pays,
    source,
    said_at
FROM price_plan FINAL
WHERE NOT removed
ORDER BY tenant, valid_from, plan
