-- What a tenant pays for a call (`call`) by the plan (`plan`) and its rate card (`by_card`), where there is one; `cost` is what
-- the call costs beside commitments. USD.
ifNull(multiIf(
    plan.plan_id IS NULL, cost,
    plan.card != '', by_card.price,
    marked_up(
        ifNull(multiIf(plan.basis = 'list', call.list_cost, plan.basis = 'contracted', call.contracted_cost, cost), toDecimal128(0, 12)),
        ifNull(plan.factor, toDecimal128(1, 8)))), toDecimal128(0, 12))
