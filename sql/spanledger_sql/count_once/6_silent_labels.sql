-- Labels the innermost spans, step 2: a report that tells no usage joins one of the same call that does.
--
-- Two reports, by different instrumentations, of one model in one trace at the same time, of which one tells no usage,
-- are taken for the same call, one to one in the order of time. So are two that both tell none.
-- Parameters: candidates, scenes, labels Identifier: the worker's scratch tables.
INSERT INTO {labels:Identifier}
WITH
    report AS
    (
        SELECT
            call_scene.scene AS scene,
            candidate.kind AS kind,
            candidate.model AS model,
            labelled.label AS label,
            min(candidate.failed) AS failed,
            max(candidate.has_usage) AS told,
            arraySort(groupUniqArray(candidate.reporter)) AS reporters,
            max(candidate.response_id != '') AS has_response_id,
            min(candidate.begins) AS begins,
            max(candidate.ends) AS ends
        FROM {labels:Identifier} AS labelled
        INNER JOIN {candidates:Identifier} AS candidate ON candidate.span = labelled.span
        INNER JOIN {scenes:Identifier} AS call_scene ON call_scene.span = labelled.span
        WHERE labelled.step = 1
        GROUP BY scene, kind, model, label
    ),
    meeting AS
    (
        SELECT
            silent.label AS silent_label,
            other.label AS other_label,
            other.told AS other_told,
            other.reporters AS other_reporters,
            dense_rank() OVER (PARTITION BY silent.scene, silent.kind, silent.model, silent.failed, silent.reporters,
                               other.told, if(other.told, [], other.reporters)
                               ORDER BY silent.begins, silent.label) AS silent_place,
            dense_rank() OVER (PARTITION BY silent.scene, silent.kind, silent.model, silent.failed, silent.reporters,
                               other.told, if(other.told, [], other.reporters)
                               ORDER BY other.begins, other.label) AS other_place
        FROM (SELECT * FROM report WHERE NOT told) AS silent
        INNER JOIN report AS other
            ON other.scene = silent.scene AND other.kind = silent.kind AND other.model = silent.model
            AND other.failed = silent.failed
        WHERE NOT hasAny(other.reporters, silent.reporters)
            AND NOT (other.has_response_id AND silent.has_response_id)
            AND (other.told OR other.reporters < silent.reporters)
            AND silent.begins <= other.ends + INTERVAL 1 SECOND
            AND other.begins <= silent.ends + INTERVAL 1 SECOND
    ),
    joined AS
    (
        SELECT silent_label, argMin(other_label, (NOT other_told, other_reporters, other_label)) AS other_label
        FROM meeting
        WHERE silent_place = other_place
        GROUP BY silent_label
    )
SELECT
    labelled.span,
    2 AS step,
    coalesce(twice.other_label, once.other_label, labelled.label) AS label
FROM {labels:Identifier} AS labelled
LEFT JOIN joined AS once ON once.silent_label = labelled.label
LEFT JOIN joined AS twice ON twice.silent_label = once.other_label
WHERE labelled.step = 1
