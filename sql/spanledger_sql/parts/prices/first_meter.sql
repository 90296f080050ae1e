-- The one of a call's meters with which it is counted, by the columns of {{quantities}}: the number of its name, from 1, in
-- {{meters}}; 0 where it used nothing but the request.
multiIf(
    text_output != 0, 1, reasoned != 0, 2, text_input != 0, 3, audio_input != 0, 4, image_input != 0, 5, video_input != 0, 6,
    cached_text != 0, 7, cached_audio != 0, 8, cached_image != 0, 9, written_for_5m != 0, 10, cache_write_1h_tokens != 0, 11,
    image_output != 0, 12, audio_output != 0, 13, web_searches != 0, 14, vendor_quantity != 0, 15, other_units != '', 16, 0)
