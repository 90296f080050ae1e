-- Whether the answer of a call `c` ended at a limit of its length, as each provider names that.
(lower(c.finish_reason) IN ('length', 'max_tokens', 'max_output_tokens', 'model_length'))
