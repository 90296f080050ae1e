-- The names of meters, the one of {{first_meter}} at its number + 1.
['', 'output', 'reasoning', 'input', 'input_audio', 'input_image', 'input_video', 'cache_read', 'cache_read_audio',
 'cache_read_image', 'cache_write', 'cache_write_1h', 'output_image', 'output_audio', 'search', 'unit', 'other']
