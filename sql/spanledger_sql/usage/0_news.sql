-- Puts down the imports of usage reports' lines that were not compared with the calls yet, or not all of them, and the
-- inserts of the calls that the ledger took since.
-- Parameters: since UInt64: the version that they were compared at last; 0: never.
INSERT INTO usage_news
WITH
    here AS (SELECT imported_at AS inserted_at, count() AS items FROM usage_record GROUP BY inserted_at),
    taken AS
    (
        SELECT inserted_at, argMax(taken_usage.items, version) AS items
        FROM taken_usage
        WHERE source = 'usage_record' AND version <= {since:UInt64}
        GROUP BY inserted_at
    )
SELECT 'usage_record', here.inserted_at, here.items
FROM here
LEFT JOIN taken ON taken.inserted_at = here.inserted_at
WHERE here.items > ifNull(taken.items, 0)
UNION ALL
SELECT DISTINCT 'llm_spans', ingested_at, 0 FROM taken_insert WHERE version > {since:UInt64}
