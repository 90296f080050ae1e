-- What a plan (`plan`) takes off a month, and adds to it, of whose charges `priced` is the sum, `priced_use` that of calls, and
-- `tokens` how many they used. What is free is no more than is charged; a minimum is what is left to it. USD.
-- A plan without one lets a month be what it is: credits may be more than it comes to.
if(plan.plan_id IS NULL, toDecimal128(0, 12), -least(greatest(toDecimal128(0, 12), priced), if(
    ifNull(plan.free_tokens, 0) != 0,
    if(tokens <= ifNull(plan.free_tokens, 0), priced_use, toDecimal128(
        toDecimal256(priced_use, 12) * toDecimal256(ifNull(plan.free_tokens, 0), 0) / toDecimal256(greatest(tokens, 1), 0), 12)),
    ifNull(plan.free_amount, toDecimal128(0, 12))))) AS allowance_due,
if(ifNull(plan.minimum, toDecimal128(0, 12)) = 0, toDecimal128(0, 12), greatest(
    toDecimal128(0, 12), ifNull(plan.minimum, toDecimal128(0, 12)) - (priced + allowance_due))) AS minimum_due
