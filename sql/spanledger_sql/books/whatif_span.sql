-- Copies the spans of a chunk's counted calls, as they would have been under the assumptions of a what-if.
-- A call of one of `models` (as requested or answered) goes to the model and provider at the same place of
-- `other_models` and `other_providers` (where that names one), whose tokenizer makes `token_factor` tokens of one.
-- At least `cache_hit_rate` of each prompt that was not written to the cache is read from it.
-- Parameters: target Identifier; restatement_id String; chunk UInt32; models, other_models, other_providers
--     Array(String); token_factor, cache_hit_rate Float64; service_tier String: of all calls, '' as it was.
INSERT INTO {target:Identifier}
WITH
    chunk AS
    (
        SELECT ts, trace_id, span_id
        FROM restatement_call
        WHERE restatement_id = {restatement_id:String} AND chunk = {chunk:UInt32}
    ),
    if(indexOf({models:Array(String)}, response_model) > 0,
       indexOf({models:Array(String)}, response_model),
       indexOf({models:Array(String)}, request_model)) AS other,
    if(other > 0, {token_factor:Float64}, 1.) AS factor,
    toUInt64(round(span.input_tokens * factor)) AS prompt,
    least(prompt, toUInt64(round(span.cache_write_tokens * factor))) AS written,
    least(prompt, toUInt64(round(span.cache_write_1h_tokens * factor))) AS written_1h
SELECT
    span.* REPLACE (
        if(other > 0, {other_models:Array(String)}[other], request_model) AS request_model,
        if(other > 0, '', response_model) AS response_model,
        if(other > 0 AND {other_providers:Array(String)}[other] != '', {other_providers:Array(String)}[other], provider)
            AS provider,
        if({service_tier:String} != '', {service_tier:String}, service_tier) AS service_tier,
        prompt AS input_tokens,
        written AS cache_write_tokens,
        written_1h AS cache_write_1h_tokens,
        greatest(
            least(prompt, toUInt64(round(span.cache_read_tokens * factor))),
            toUInt64(floor((prompt - greatest(written, written_1h)) * {cache_hit_rate:Float64}))
        ) AS cache_read_tokens,
        toUInt64(round(span.output_tokens * factor)) AS output_tokens,
        toUInt64(round(span.reasoning_tokens * factor)) AS reasoning_tokens
    )
FROM llm_spans AS span
WHERE span.ts BETWEEN (SELECT min(ts) FROM chunk) AND (SELECT max(ts) FROM chunk)
    AND (span.trace_id, span.span_id) IN (
        SELECT trace_id, span_id FROM calls
        WHERE (toStartOfHour(ts), trace_id, span_id) IN (SELECT toStartOfHour(ts), trace_id, span_id FROM chunk)
    )
ORDER BY span.ingested_at DESC
LIMIT 1 BY span.trace_id, span.span_id
