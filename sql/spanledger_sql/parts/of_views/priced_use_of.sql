-- How much was used of what has a price in two periods: what the view `priced_use` gives, for a report with its parameters. The engine
-- plans a view with parameters twice.
WITH
    (
        SELECT (groupArrayIf((hours, midnight, begins, built), is_summed), groupArrayIf(begins, NOT is_summed))
        FROM
        (
            -- An hour that is beyond a period is looked for, too; of the other it may be summed. Of periods that overlap no sums are of
            -- one alone.
            SELECT hours, midnight, begins, built, is_summed
            FROM ledger_standing(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')},
                moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'period', timezone = 'UTC', told = if(
                    {from:DateTime64(9, 'UTC')} < {before_to:DateTime64(9, 'UTC')}
                        AND {before_from:DateTime64(9, 'UTC')} < {to:DateTime64(9, 'UTC')}, ['user'], [{own:String}]))
            WHERE begins + INTERVAL 1 HOUR > {from:DateTime64(9, 'UTC')} OR is_summed
            UNION ALL
            SELECT hours, midnight, begins, built, is_summed
            FROM ledger_standing(from = {before_from:DateTime64(9, 'UTC')}, to = {before_to:DateTime64(9, 'UTC')},
                moment = toDateTime64('2200-01-01', 6, 'UTC'), grain = 'period', timezone = 'UTC', told = if(
                    {from:DateTime64(9, 'UTC')} < {before_to:DateTime64(9, 'UTC')}
                        AND {before_from:DateTime64(9, 'UTC')} < {to:DateTime64(9, 'UTC')}, ['user'], [{own:String}]))
            WHERE begins + INTERVAL 1 HOUR > {before_from:DateTime64(9, 'UTC')} OR is_summed
        )
    ) AS to_read
SELECT
    toDateTime64(begins, 9, 'UTC') AS ts,
    tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, provider, model, service_tier, zone,
    ifNull(calls, 0) AS known_calls,
    ifNull(calls, ledger_rows) AS least_calls,
    contracted_cost,
    priced_by, priced_by_since, price_step, vendor_unit, first_meter,
    text_input, audio_input, image_input, video_input, cached_text, cached_audio, cached_image, written_for_5m, text_output,
    audio_output, image_output, reasoned, answers, web_searches, cache_write_1h_tokens, vendor_quantity
FROM ledger_sum
WHERE (hours, midnight, begins, built) IN to_read.1
-- <by_call>
UNION ALL
SELECT
    ts,
    tenant_id, cost_center, environment, service_name, feature, workflow, dimensions, provider, model, service_tier, zone,
    known_calls,
    least_calls,
    toDecimal128(contracted_cost, 12),
    priced_by, priced_by_since, price_step, vendor_unit, first_meter,
    toUInt64(text_input), toUInt64(audio_input), toUInt64(image_input), toUInt64(video_input), toUInt64(cached_text),
    toUInt64(cached_audio), toUInt64(cached_image), toUInt64(written_for_5m), toUInt64(text_output), toUInt64(audio_output),
    toUInt64(image_output), toUInt64(reasoned), toUInt64(answers), toUInt64(web_searches), toUInt64(cache_write_1h_tokens),
    toDecimal128(vendor_quantity, 6)
FROM used_call
WHERE (ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
       OR ts >= {before_from:DateTime64(9, 'UTC')} AND ts < {before_to:DateTime64(9, 'UTC')})
    AND toStartOfHour(ts) IN to_read.2
-- </by_call>
