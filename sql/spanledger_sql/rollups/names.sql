-- Notes which sessions, runs and users the calls of some hours name, by what unit costs are told by. A hash of that is cheaper to group
-- by than six texts.
-- Parameters: hours Array(DateTime('UTC')): which; built UInt64: of the rows.
INSERT INTO hour_names (begins, built, tenant_id, cost_center, feature, workflow, provider, model, sessions, runs, users)
SETTINGS max_partitions_per_insert_block = 0, optimize_on_insert = 0
SELECT
    begins,
    {built:UInt64},
    any(tenant_id),
    any(cost_center),
    any(feature),
    any(workflow),
    any(provider),
    any(model),
    arrayDistinct(groupArrayIf(cityHash64(session_id), session_id != '')),
    arrayDistinct(groupArrayIf(cityHash64(run_id), run_id != '')),
    arrayDistinct(groupArrayIf(cityHash64(user_id), user_id != ''))
FROM
(
    SELECT
        *,
        toStartOfHour(ts) AS begins,
        (cityHash64(cityHash64(tenant_id), cityHash64(cost_center), cityHash64(feature), cityHash64(workflow)),
         cityHash64(cityHash64(provider), cityHash64(model))) AS whose
    FROM calls
    WHERE toStartOfHour(ts) IN {hours:Array(DateTime('UTC'))}
        AND (session_id != '' OR run_id != '' OR user_id != '')
)
GROUP BY begins, whose
