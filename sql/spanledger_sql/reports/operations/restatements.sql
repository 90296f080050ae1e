-- The restatements, newest first, with what they changed by UTC month and tenant.
--
-- Parameters:
--   restatement_id String: one of them; '': all
--   previews UInt8: 1: dry runs too
--   by_month, by_tenant UInt8: 1: months, tenants are kept apart
-- Columns:
--   restatement_id: the run
--   started_at, finished_at: UTC
--   state: how far it came
--   requested_by, reason: who wanted it, and why
--   scope: which calls, as JSON
--   examined_calls, changed_calls, changed_outcomes: of the whole run
--   month, tenant: of the calls whose row changed; '' where not kept apart
--   old_calls, new_calls: calls whose row changed, counted before and after
--   old_cost, new_cost: their contracted cost before and after, USD
--   difference: new_cost - old_cost, USD
--   old_list_cost, new_list_cost: their list cost before and after, USD
--   old_unknown_cost_calls, new_unknown_cost_calls: of them without a known cost, before and after
--   old_energy_kwh, new_energy_kwh: their energy before and after, kWh
--   old_co2e_kg, new_co2e_kg: their emissions before and after, kgCO2e
SELECT
    run.restatement_id AS restatement_id,
    run.started_at AS started_at,
    run.finished_at AS finished_at,
    run.state AS state,
    run.requested_by AS requested_by,
    run.reason AS reason,
    run.scope AS scope,
    run.examined_calls AS examined_calls,
    run.changed_calls AS changed_calls,
    run.changed_outcomes AS changed_outcomes,
    if({by_month:UInt8}, formatDateTime(change.month, '%Y-%m'), '') AS month,
    if({by_tenant:UInt8}, change.tenant_id, '') AS tenant,
    sum(change.old_calls) AS old_calls,
    sum(change.new_calls) AS new_calls,
    sum(change.old_contracted_cost) AS old_cost,
    sum(change.new_contracted_cost) AS new_cost,
    new_cost - old_cost AS difference,
    sum(change.old_list_cost) AS old_list_cost,
    sum(change.new_list_cost) AS new_list_cost,
    sum(change.old_unknown_cost_calls) AS old_unknown_cost_calls,
    sum(change.new_unknown_cost_calls) AS new_unknown_cost_calls,
    sum(change.old_energy_wh) / 1000 AS old_energy_kwh,
    sum(change.new_energy_wh) / 1000 AS new_energy_kwh,
    sum(change.old_co2e_g) / 1000 AS old_co2e_kg,
    sum(change.new_co2e_g) / 1000 AS new_co2e_kg
FROM (SELECT * FROM restatement FINAL) AS run
LEFT JOIN (SELECT * FROM restatement_total FINAL) AS change
    ON change.restatement_id = run.restatement_id
WHERE ({restatement_id:String} = '' OR run.restatement_id = {restatement_id:String})
    AND ({previews:UInt8} OR run.state NOT IN ('previewed', 'abandoned'))
GROUP BY ALL
ORDER BY started_at DESC, month, tenant
