-- What the quantities of a call cost at one entry's prices, of the list or of a contract, USD.
-- usd: rounded to 1e-12, as money is by class; the cost is the sum of the classes.
-- charge_of_units: of what is charged by a unit of the vendor's.
-- charge_beside: what else is charged for, see charge_of_others.
-- cost_by_class: input, cache read, cache write, output, other.
(amount -> toDecimal64(amount + toDecimal128('0.0000000000005', 22), 12)) AS usd,
((unit_price, least_cost) -> if(vendor_quantity = 0, toDecimal128(0, 22), greatest(
    toDecimal128(least(toDecimal256(vendor_quantity, 6) * unit_price, toDecimal256(100000, 22)), 22), least_cost
))) AS charge_of_units,
((price, unit_price, least_cost, charge_beside) -> (
    usd(text_input * tupleElement(price, 'input') + audio_input * tupleElement(price, 'input_audio')
        + image_input * tupleElement(price, 'input_image') + video_input * tupleElement(price, 'input_video')),
    usd(cached_text * tupleElement(price, 'cache_read') + cached_audio * tupleElement(price, 'cache_read_audio')
        + cached_image * tupleElement(price, 'cache_read_image')),
    usd(written_for_5m * tupleElement(price, 'cache_write')
        + cache_write_1h_tokens * tupleElement(price, 'cache_write_1h')),
    usd(text_output * tupleElement(price, 'output') + audio_output * tupleElement(price, 'output_audio')
        + image_output * tupleElement(price, 'output_image') + reasoned * tupleElement(price, 'reasoning')),
    usd(answers * tupleElement(price, 'request') + web_searches * tupleElement(price, 'search')
        + charge_of_units(unit_price, least_cost) + charge_beside)
)) AS cost_by_class
