-- What a provider charges for beside tokens, told as `2 file_search_call, 1 code execution`, at the prices of an entry's units.
-- charge_of_others: what that costs of which the entry has a price, USD; others_left: that of which it has none, told likewise.
(told -> splitByString(', ', told)) AS parts_of,
(part -> substring(part, position(part, ' ') + 1)) AS unit_of,
(part -> toDecimal128(least(toUInt64OrZero(substringIndex(part, ' ', 1)), 1000000), 0)) AS how_many,
((told, units, unit_prices) -> toDecimal128(arraySum(
    part -> toDecimal256(how_many(part), 0) * unit_prices[indexOf(units, unit_of(part))], parts_of(told)), 22)) AS charge_of_others,
((told, units) -> arrayStringConcat(arrayFilter(part -> NOT has(units, unit_of(part)), parts_of(told)), ', ')) AS others_left
