-- How FOCUS's datasets write things: moments, prices and products to 1e-12, JSON without what is empty, meters' names.
(at -> formatDateTime(at, '%Y-%m-%dT%H:%i:%SZ', 'UTC')) AS moment,
-- Half of the last digit is rounded away from zero.
(amount -> toDecimal128(toDecimal256(amount, 34) + if(amount < 0, -1, 1) * toDecimal256('0.0000000000005', 34), 12)) AS to_12,
((amount, usd_each) -> if(usd_each = 1, amount, toDecimal128(
    toDecimal256(amount, 34) / toDecimal256(usd_each, 22) + if(amount < 0, -1, 1) * toDecimal256('0.0000000000005', 34), 12))) AS in_currency,
((price, quantity) -> to_12(toDecimal256(price, 12) * toDecimal256(quantity, 12))) AS product,
(pairs -> concat('{', arrayStringConcat(
    arrayMap(pair -> concat(toJSONString(pair.1), ':', toJSONString(pair.2)), arrayFilter(pair -> pair.2 != '', pairs)), ','), '}'))
    AS json_of,
(words -> arrayStringConcat(arrayMap(word -> concat(upper(substring(word, 1, 1)), substring(word, 2)),
    splitByChar(' ', replaceAll(words, '_', ' '))), ' ')) AS title_case,
(meter -> multiIf(endsWith(meter, '_audio'), 'Audio', endsWith(meter, '_image'), 'Image', endsWith(meter, '_video'), 'Video', '')) AS modality,
(meter -> multiIf(startsWith(meter, 'cache_read'), 'Read', startsWith(meter, 'cache_write'), 'Write', startsWith(meter, 'input'),
    'Uncached', '')) AS cache_action,
(meter -> multiIf(startsWith(meter, 'cache') OR startsWith(meter, 'input'), 'Input',
    startsWith(meter, 'output') OR meter = 'reasoning', 'Output', '')) AS direction,
((meter, unit) -> if(unit != 'Tokens', title_case(unit), arrayStringConcat(arrayFilter(word -> word != '', [
    multiIf(startsWith(meter, 'cache_read'), 'Cache Read', meter = 'cache_write_1h', 'Cache Write 1h',
            startsWith(meter, 'cache_write'), 'Cache Write', meter = 'reasoning', 'Reasoning', ''),
    modality(meter), direction(meter), 'Tokens']), ' '))) AS meter_title,
-- A unit as FOCUS writes them: its last word, with a capital and in the plural: `Pages` of `annotated_page`.
(unit -> arrayElement(splitByRegexp('[ _]+', unit), -1)) AS last_word,
(unit -> multiIf(
    unit = '' OR endsWith(unit, 's'), last_word(unit),
    match(unit, '(ch|sh|x|z)$'), concat(last_word(unit), 'es'),
    match(unit, '[^aeiou]y$'), concat(substring(last_word(unit), 1, length(last_word(unit)) - 1), 'ies'),
    concat(last_word(unit), 's'))) AS plural,
(unit -> concat(upper(substring(plural(unit), 1, 1)), substring(plural(unit), 2))) AS focus_unit,
(id -> transform(id, (SELECT groupArray(commitment_id) FROM commitment FINAL),
    (SELECT groupArray(CAST(kind, 'String')) FROM commitment FINAL), 'commitment')) AS kind_of_commitment,
(name -> transform(name, {providers:Array(String)}, {provider_titles:Array(String)}, name)) AS title_of,
-- A share of an amount in units of 1e-12, so that the shares of its parts sum to 1.
((part, whole) -> if(whole = 0, toDecimal128(0, 12), toDecimal128(
    toDecimal256(part, 12) * toDecimal256(1, 24) / if(whole = 0, toDecimal256(1, 12), toDecimal256(whole, 12)), 12))) AS ratio_digits,
((kind, charge_id) -> multiIf(
    kind = 'commitment', transform(charge_id, (SELECT groupArray(commitment_id) FROM commitment FINAL),
        (SELECT groupArray(CAST(policy, 'String')) FROM commitment FINAL), 'metered'),
    kind = 'charge', transform(charge_id, (SELECT groupArray(charge_id) FROM charge FINAL),
        (SELECT groupArray(CAST(policy, 'String')) FROM charge FINAL), 'metered'),
    transform(charge_id, (SELECT groupArray(reconciliation_id) FROM reconciliation FINAL),
        (SELECT groupArray(CAST(policy, 'String')) FROM reconciliation FINAL), 'metered'))) AS policy_of
