-- Stage 0: puts down the inserts whose spans the worker has not taken, or not all of them, the oldest first.
--
-- An insert is known by the `ingested_at` that its rows share. What counts is whether the rows were taken, not when they came.
--
-- Parameters: inserts Identifier: the stage's table; call_parts, parent_parts Array(String): the parts of `llm_spans` and of
--     `span_parent` to look at; verdicts_after UInt64: the version of the last batch that was written whole;
--     batch_calls UInt64: how many calls a batch holds.
INSERT INTO {inserts:Identifier}
WITH
    looked_at AS
    (
        SELECT DISTINCT ingested_at FROM llm_spans WHERE _part IN {call_parts:Array(String)}
        UNION DISTINCT
        SELECT DISTINCT ingested_at FROM span_parent WHERE _part IN {parent_parts:Array(String)}
    ),
    here AS
    (
        SELECT ingested_at, sum(call) AS calls, sum(parent) AS parents
        FROM
        (
            SELECT ingested_at, 1 AS call, 0 AS parent FROM llm_spans WHERE ingested_at IN (SELECT ingested_at FROM looked_at)
            UNION ALL
            SELECT ingested_at, 0 AS call, 1 AS parent FROM span_parent WHERE ingested_at IN (SELECT ingested_at FROM looked_at)
        )
        GROUP BY ingested_at
    ),
    taken AS
    (
        SELECT ingested_at, argMax(taken_insert.calls, version) AS calls, argMax(taken_insert.parents, version) AS parents
        FROM taken_insert
        WHERE version <= {verdicts_after:UInt64} AND ingested_at IN (SELECT ingested_at FROM looked_at)
        GROUP BY ingested_at
    )
SELECT ingested_at, calls, parents, again
FROM
(
    SELECT
        here.ingested_at AS ingested_at,
        here.calls AS calls,
        here.parents AS parents,
        taken.ingested_at IS NOT NULL OR here.ingested_at IN (SELECT ingested_at FROM set_aside) AS again,
        sum(here.calls) OVER (ORDER BY here.ingested_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - here.calls AS before
    FROM here
    LEFT JOIN taken ON taken.ingested_at = here.ingested_at
    WHERE here.calls > ifNull(taken.calls, 0) OR here.parents > ifNull(taken.parents, 0)
)
WHERE before < {batch_calls:UInt64}
