-- A model's name without what some signals and reports leave out of it: the path, the region and maker that Bedrock puts before
-- it, Claude Code's mark of a long context, the date and version. A part of the statements that say {{plain_model}}.
(name -> replaceRegexpOne(replaceRegexpOne(replaceRegexpOne(lower(name),
    '\\[1m\\]$', ''),
    '^(.*/)?((us|eu|apac|global|jp|au|ca|us-gov)\\.)?(anthropic\\.)?', ''),
    '([-@](20\\d{2}-\\d{2}-\\d{2}|20\\d{6})(-v\\d+(:\\d+)?)?|-v\\d+:\\d+|-v1)$', '')) AS plain_model
