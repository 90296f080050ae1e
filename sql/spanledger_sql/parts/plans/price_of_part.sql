-- What a tenant pays by the plan (`plan`) for what stands beside calls (`part`), of which `cost` is what it costs: of commitments
-- and invoices nothing where the plan is on what calls cost. USD.
ifNull(multiIf(
    plan.plan_id IS NULL, cost,
    plan.basis != 'effective' AND part.kind != 'charge', toDecimal128(0, 12),
    marked_up(cost, ifNull(plan.factor, toDecimal128(1, 8)))), toDecimal128(0, 12))
