-- Which of an entry's prices are those of what the text names `call`: how many parts of the day have begun, how many context
-- tiers the whole prompt exceeds, and the step that both make; 1 is the base price. Of a bucket of calls it is the mean prompt
-- that counts; none exceeds a tier where it is unknown how many calls there were.
if(call.granularity = 'call', call.input_tokens,
   intDiv(call.input_tokens, greatest(1, ifNull(call.calls, call.input_tokens)))) AS prompt_tokens,
(windows -> if(empty(windows), 0, arrayCount(start -> toUnixTimestamp64Second(call.ts) % 86400 >= start, windows)))
    AS windows_begun,
(tiers -> if(empty(tiers), 0, arrayCount(start -> prompt_tokens > start, tiers))) AS tiers_exceeded,
((windows, tiers) -> 1 + windows_begun(windows) * (length(tiers) + 1) + tiers_exceeded(tiers)) AS step_of
