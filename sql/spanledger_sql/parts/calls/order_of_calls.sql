-- The order in which calls (`c`) are asked for, by the parameter `sort` of the report calls/search; of those that are alike in it
-- their ids decide. Of `if` the engine reads nothing but the branch that a parameter chooses, of `multiIf` all.
if({sort:String} = 'cost', c.contracted_cost, NULL) DESC NULLS LAST,
if({sort:String} = 'emissions', c.co2e_g, NULL) DESC NULLS LAST,
if({sort:String} = 'duration', c.duration_ms, NULL) DESC NULLS LAST,
if({sort:String} = 'first token', c.ttft_ms, NULL) DESC NULLS LAST,
if({sort:String} = 'tokens', c.input_tokens + c.output_tokens, NULL) DESC NULLS LAST,
c.ts DESC
