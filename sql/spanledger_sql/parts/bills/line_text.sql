-- A line of a bill (`line`) as the text that is hashed: its columns in their order, with U+001F between them, amounts with twelve
-- decimals, times in seconds since 1970; of what is not told nothing.
arrayStringConcat([
    line.bill_id, toString(line.line), CAST(line.part, 'String'), CAST(line.provider, 'String'), CAST(line.account, 'String'),
    CAST(line.sub_account, 'String'), CAST(line.invoice_id, 'String'), CAST(line.service, 'String'), line.sku,
    CAST(line.charge_category, 'String'), CAST(line.model, 'String'), CAST(line.meter, 'String'), CAST(line.service_tier, 'String'),
    CAST(line.scope, 'String'), toString(line.day), toString(toUnixTimestamp(line.begins)), toString(toUnixTimestamp(line.ends)),
    ifNull(toDecimalString(line.quantity, 12), ''), CAST(line.unit, 'String'), ifNull(toDecimalString(line.amount, 12), ''),
    ifNull(toDecimalString(line.list_amount, 12), ''), CAST(line.currency, 'String'), ifNull(toDecimalString(line.exchange_rate, 22), ''),
    line.resource, line.unknown, line.raw
], '\x1f')
