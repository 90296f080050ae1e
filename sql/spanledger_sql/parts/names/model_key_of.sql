-- What a model is called by bills and by calls alike: `Claude Sonnet 4.5`, `us.anthropic.claude-sonnet-4-5-20250929-v1:0`,
-- `anthropic/claude-4.5-sonnet` and `claude-sonnet-4-5` are one. Without paths, makers, dates and versions; words in the
-- alphabet's order before the numbers in their own.
-- model_key_of: of a name.
(name -> replaceRegexpAll(replaceRegexpAll(
    replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(lower(name),
        '^.*/', ''),
        '^((us|eu|apac|global|jp|au|ca|us-gov)\\.)?((anthropic|amazon|meta|mistral|cohere|openai|deepseek|google|ai21|qwen|nvidia|writer)\\.)?(databricks-)?', ''),
        '(:free|:nitro|(-v\\d+)?:\\d+|-v\\d+)$', ''),
        '[-@ _](20\\d{2}-?\\d{2}-?\\d{2}|\\d{4}|00\\d)$', ''),
    '(\\d)\\.0(\\D|$)', '\\1\\2'),
    '\\b(latest|preview|instruct|experimental|exp)\\b', '')) AS undated_name,
(name -> arrayStringConcat(arrayConcat(
    arraySort(extractAll(undated_name(name), '[a-z]+')), extractAll(undated_name(name), '\\d+')), ' ')) AS model_key_of
