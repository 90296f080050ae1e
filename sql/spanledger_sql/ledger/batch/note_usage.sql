-- Notes that the inserts put down were compared with the calls; it holds once the version is the progress.
-- Parameters: version UInt64: of what was decided.
INSERT INTO taken_usage
SELECT source, inserted_at, items, {version:UInt64} AS version
FROM usage_news
WHERE source != 'llm_spans'
