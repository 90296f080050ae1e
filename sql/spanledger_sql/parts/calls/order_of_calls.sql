-- The order in which calls (`c`) are asked for, by the parameter `sort` of the report calls/search.
if({sort:String} = 'cost', c.contracted_cost, NULL) DESC NULLS LAST,
multiIf(
    {sort:String} = 'emissions', c.co2e_g,
    {sort:String} = 'duration', c.duration_ms,
    {sort:String} = 'first token', c.ttft_ms,
    {sort:String} = 'tokens', toFloat64(c.input_tokens + c.output_tokens),
    NULL) DESC NULLS LAST,
c.ts DESC,
c.trace_id,
c.span_id
