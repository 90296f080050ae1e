-- Whose servers answered Claude Code, by the name of the model that it asked for: a part of the views that say {{claudes_platform}}.
(name -> multiIf(match(name, 'anthropic\\.claude|^arn:aws[a-z-]*:bedrock:'), 'aws.bedrock', position(name, '@') > 0, 'gcp.vertex_ai', 'anthropic'))
    AS claudes_platform
