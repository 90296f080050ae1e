-- Whether a metric `m` tells of the usage of LLMs: a part of the views that say {{tells_usage}}.
m.name IN ('claude_code.token.usage', 'claude_code.cost.usage', 'codex.turn.token_usage', 'gemini_cli.token.usage',
           'gemini_cli.api.request.count', 'gen_ai.client.token.usage')
