-- How much of each class that has a price a call used: columns of what the text names `call`, for the ledger and for `explain`.
-- The tokens of each class together are the input and the output: none is billed twice.
-- uncached: prompt tokens neither read from nor written to the cache; uncached_read: those not read from it, whose energy is
--     not saved. answers: how many there were, for what is charged by the request.
greatest(call.cache_write_tokens, call.cache_write_1h_tokens) AS cache_written,
toUInt64(greatest(0, toInt64(call.input_tokens) - toInt64(call.cache_read_tokens) - toInt64(cache_written))) AS uncached,
toUInt64(greatest(0, toInt64(call.input_tokens) - toInt64(call.cache_read_tokens))) AS uncached_read,
least(call.cache_read_audio_tokens, call.cache_read_tokens) AS cached_audio,
least(call.cache_read_image_tokens, call.cache_read_tokens - cached_audio) AS cached_image,
call.cache_read_tokens - cached_audio - cached_image AS cached_text,
least(toUInt64(greatest(0, toInt64(call.input_audio_tokens) - toInt64(cached_audio))), uncached) AS audio_input,
least(toUInt64(greatest(0, toInt64(call.input_image_tokens) - toInt64(cached_image))), uncached - audio_input) AS image_input,
least(call.input_video_tokens, uncached - audio_input - image_input) AS video_input,
uncached - audio_input - image_input - video_input AS text_input,
cache_written - call.cache_write_1h_tokens AS written_for_5m,
least(call.output_audio_tokens, call.output_tokens) AS audio_output,
least(call.output_image_tokens, call.output_tokens - audio_output) AS image_output,
least(call.reasoning_tokens, call.output_tokens - audio_output - image_output) AS reasoned,
call.output_tokens - audio_output - image_output - reasoned AS text_output,
if(call.status = 'ok', ifNull(call.calls, 1), 0) AS answers
