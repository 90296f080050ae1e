-- Writes the calls of a chunk whose row changes into the ledger, as a new version.
-- Needs the tables `restated` and `restatement_change`.
INSERT INTO ledger
SELECT *
FROM restated
WHERE (trace_id, span_id, sipHash128(tuple(* EXCEPT (version, enriched_at)))) IN (
    SELECT trace_id, span_id, fingerprint FROM restatement_change
)
LIMIT 1 BY trace_id, span_id
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0
