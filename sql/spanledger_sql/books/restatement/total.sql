-- What the changes of a chunk come to, by month and tenant, before and after.
-- Columns: those of `restatement_total` but restatement_id and chunk: costs in USD, energy in Wh, emissions in gCO2e.
SELECT
    month,
    tenant_id,
    sumIf(ifNull(calls, 0), NOT is_new AND counted) AS old_calls,
    sumIf(ifNull(calls, 0), is_new AND counted) AS new_calls,
    sumIf(toDecimal128(ifNull(list, 0), 12), NOT is_new AND counted) AS old_list_cost,
    sumIf(toDecimal128(ifNull(list, 0), 12), is_new AND counted) AS new_list_cost,
    sumIf(toDecimal128(ifNull(contracted, 0), 12), NOT is_new AND counted) AS old_contracted_cost,
    sumIf(toDecimal128(ifNull(contracted, 0), 12), is_new AND counted) AS new_contracted_cost,
    sumIf(ifNull(calls, 1), NOT is_new AND counted AND contracted IS NULL) AS old_unknown_cost_calls,
    sumIf(ifNull(calls, 1), is_new AND counted AND contracted IS NULL) AS new_unknown_cost_calls,
    sumIf(ifNull(wh, 0), NOT is_new AND counted) AS old_energy_wh,
    sumIf(ifNull(wh, 0), is_new AND counted) AS new_energy_wh,
    sumIf(ifNull(co2e, 0), NOT is_new AND counted) AS old_co2e_g,
    sumIf(ifNull(co2e, 0), is_new AND counted) AS new_co2e_g
FROM
(
    SELECT
        month, 0 AS is_new, old_tenant_id AS tenant_id, old_counted AS counted,
        old_list_cost AS list, old_contracted_cost AS contracted, old_energy_wh AS wh, old_co2e_g AS co2e, calls
    FROM restatement_change
    UNION ALL
    SELECT
        month, 1 AS is_new, new_tenant_id AS tenant_id, new_counted AS counted,
        new_list_cost AS list, new_contracted_cost AS contracted, new_energy_wh AS wh, new_co2e_g AS co2e, calls
    FROM restatement_change
)
GROUP BY month, tenant_id
ORDER BY month, tenant_id
