-- The prices of a row of price_list in steps: of each its prices by class, the base price first.
CAST(
    arrayMap(
        step -> (
            arrayPushFront(tier_input_prices, input_price)[step],
            arrayPushFront(tier_input_audio_prices, input_audio_price)[step],
            arrayPushFront(tier_cache_read_prices, cache_read_price)[step],
            arrayPushFront(tier_cache_write_prices, cache_write_price)[step],
            arrayPushFront(tier_cache_write_1h_prices, cache_write_1h_price)[step],
            arrayPushFront(tier_output_prices, output_price)[step],
            arrayPushFront(tier_output_audio_prices, output_audio_price)[step],
            arrayPushFront(tier_reasoning_prices, reasoning_price)[step],
            arrayPushFront(tier_search_prices, search_price)[step],
            arrayPushFront(tier_request_prices, request_price)[step],
            arrayPushFront(tier_input_image_prices, input_image_price)[step],
            arrayPushFront(tier_output_image_prices, output_image_price)[step],
            arrayPushFront(tier_cache_read_audio_prices, cache_read_audio_price)[step],
            arrayPushFront(tier_cache_read_image_prices, cache_read_image_price)[step],
            arrayPushFront(tier_input_video_prices, input_video_price)[step]),
        range(1, length(tier_input_prices) + 2)),
    'Array(Tuple(
        input Decimal(38, 22), input_audio Decimal(38, 22), cache_read Decimal(38, 22), cache_write Decimal(38, 22),
        cache_write_1h Decimal(38, 22), output Decimal(38, 22), output_audio Decimal(38, 22),
        reasoning Decimal(38, 22), search Decimal(38, 22), request Decimal(38, 22),
        input_image Decimal(38, 22), output_image Decimal(38, 22), cache_read_audio Decimal(38, 22),
        cache_read_image Decimal(38, 22), input_video Decimal(38, 22)))')
