-- Whether a log record tells tokens: a part of the views that say {{tells_tokens}}.
hasAny(mapKeys(LogAttributes), ['input_tokens', 'output_tokens', 'input_token_count', 'output_token_count',
                                      'gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'])
