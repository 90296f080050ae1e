-- An entry (`e`) as the text that is hashed: its columns in their order, with U+001F between them, amounts with twelve decimals
-- and the time in nanoseconds since 1970.
arrayStringConcat([
    e.posting, CAST(e.month, 'String'), CAST(e.service_month, 'String'), CAST(e.reason, 'String'), CAST(e.kind, 'String'),
    e.party, CAST(e.cost_center, 'String'), CAST(e.feature, 'String'), CAST(e.provider, 'String'), CAST(e.model, 'String'),
    e.key, toString(toUnixTimestamp64Nano(e.ts)), toString(e.stands), toString(e.calls), toString(e.input_tokens),
    toString(e.cache_read_tokens), toString(e.output_tokens), toDecimalString(e.list_cost, 12), toDecimalString(e.cost, 12), toDecimalString(e.price, 12),
    toDecimalString(e.energy_wh, 12), toDecimalString(e.co2e_g, 12), toDecimalString(e.co2e_g_least, 12),
    toDecimalString(e.co2e_g_most, 12), toDecimalString(e.co2e_market_g, 12), toDecimalString(e.embodied_g, 12),
    toString(e.unpriced_calls), toString(e.unknown_energy_calls), CAST(e.evidence, 'String')
], '\x1f')
