-- What a price plan makes of a cost, and of a quantity by a rate card, to 1e-12 USD; half of the last digit is rounded away from
-- zero.
((cost, factor) -> toDecimal128(
    toDecimal256(cost, 12) * toDecimal256(factor, 8) + if(cost < 0, -1, 1) * toDecimal256('0.0000000000005', 20), 12)) AS marked_up,
((price, usd_each, quantity) -> toDecimal128(
    toDecimal256(price, 18) * toDecimal256(usd_each, 22) * toDecimal256(quantity, 6) + toDecimal256('0.0000000000005', 46), 12))
    AS carded,
(SELECT groupArray((card, provider, model, meter, price)) FROM (SELECT * FROM rate_card FINAL WHERE NOT removed)) AS card_lines,
((card, provider, model) -> arrayFilter(
    line -> line.1 = card AND line.2 IN ('', provider) AND line.3 IN ('', model, replaceRegexpOne(model, '[-@](20\\d{2}-\\d{2}-\\d{2}|20\\d{6})(-v\\d+(:\\d+)?)?$', '')),
    card_lines)) AS lines_for,
-- The line that names the meter most exactly, then the model, then the provider.
((lines, meter, unit) -> arraySort(
    line -> (line.4 != meter, line.4 = 'tokens', line.3 = '', line.2 = ''),
    arrayFilter(line -> line.4 IN (
        meter, multiIf(startsWith(meter, 'cache_read'), 'cache_read', startsWith(meter, 'cache_write'), 'cache_write',
                       startsWith(meter, 'input'), 'input', startsWith(meter, 'output') OR meter = 'reasoning', 'output', meter),
        if(unit = 'Tokens', 'tokens', meter)), lines))) AS fitting
