-- Which calls of a chunk, computed anew into the table `restated`, differ from their row of the ledger, in any column
-- but the version; with the figures before and after. A call that two deliveries report differently stays as it is
-- where one of them gives the row in force; else the delivery with the same tokens is taken.
-- Needs the tables `restated` and `restatement_call`; writes `restatement_change`, which must be empty.
-- Parameters: restatement_id String; chunk UInt32.
INSERT INTO restatement_change
WITH
    chunk AS
    (
        SELECT toStartOfHour(ts) AS hour, trace_id, span_id
        FROM restatement_call
        WHERE restatement_id = {restatement_id:String} AND chunk = {chunk:UInt32}
    ),
    current AS
    (
        SELECT *, sipHash128(tuple(* EXCEPT (version, enriched_at))) AS fingerprint
        FROM ledger FINAL
        WHERE (toStartOfHour(ts), trace_id, span_id) IN (SELECT hour, trace_id, span_id FROM chunk)
        SETTINGS do_not_merge_across_partitions_select_final = 1
    ),
    new AS
    (
        SELECT *, sipHash128(tuple(* EXCEPT (version, enriched_at))) AS fingerprint FROM restated
    )
SELECT * EXCEPT (same)
FROM
(
    SELECT
        new.trace_id AS trace_id,
        new.span_id AS span_id,
        toStartOfMonth(new.ts) AS month,
        new.fingerprint AS fingerprint,
        current.tenant_id AS old_tenant_id,
        new.tenant_id AS new_tenant_id,
        current.counted AS old_counted,
        new.counted AS new_counted,
        current.list_cost AS old_list_cost,
        new.list_cost AS new_list_cost,
        current.contracted_cost AS old_contracted_cost,
        new.contracted_cost AS new_contracted_cost,
        current.energy_wh AS old_energy_wh,
        new.energy_wh AS new_energy_wh,
        current.co2e_g AS old_co2e_g,
        new.co2e_g AS new_co2e_g,
        new.calls AS calls,
        new.fingerprint = current.fingerprint AS same
    FROM new
    INNER JOIN current
        ON toStartOfHour(current.ts) = toStartOfHour(new.ts) AND current.trace_id = new.trace_id
        AND current.span_id = new.span_id
    ORDER BY
        trace_id, span_id, same DESC,
        new.input_tokens = current.input_tokens AND new.output_tokens = current.output_tokens DESC,
        fingerprint
    LIMIT 1 BY trace_id, span_id
)
WHERE NOT same
