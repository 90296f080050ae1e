-- Of each month a mark of all that its entries are made from: as long as it is the same, the books have the month as it is.
-- A month without anything has no row. Far less is read for it than for the entries.
-- Parameters:
--   timezone String: whose months
--   from, to DateTime64(9, 'UTC'): the months
-- Columns:
--   month: such as `2024-10`
--   mark: a number, as text; another one where anything changed, or where a merge dropped what counts no more
WITH
    -- Of whole rows, as text: a hash of anything that is NULL would be NULL.
    -- The months that a time may be in, in whatever zone.
    (begins, ends) -> arrayMap(
        number -> formatDateTime(addMonths(toStartOfMonth(toDate(begins) - 1), number), '%Y-%m'),
        range(toUInt64(greatest(0, dateDiff('month', toDate(begins) - 1, toDate(ends) + 1))) + 1)) AS months_of
SELECT month, toString(sum(mark)) AS mark
FROM
(
    -- Each way in which a call was ever written is a row, until a merge.
    SELECT formatDateTime(toTimeZone(ts, {timezone:String}), '%Y-%m') AS month, sum(cityHash64(ts, version, enriched_at)) AS mark
    FROM ledger
    WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
    GROUP BY month
    UNION ALL
    SELECT formatDateTime(toTimeZone(hour, {timezone:String}), '%Y-%m') AS month, sum(cityHash64(host_name, hour, version))
    FROM idle_energy
    GROUP BY month
    UNION ALL
    -- It is allocated anew for each report, mostly to the same.
    SELECT
        formatDateTime(toTimeZone(hour, {timezone:String}), '%Y-%m') AS month,
        sum(cityHash64(commitment_id, hour, tenant_id, trace_id, span_id, amount, idle))
    FROM allocated_cost
    GROUP BY month
    UNION ALL
    SELECT arrayJoin(months_of(begins, ends)) AS month, sum(cityHash64('commitment', toString(tuple(*)))) FROM commitment FINAL GROUP BY month
    UNION ALL
    SELECT arrayJoin(months_of(begins, begins)) AS month, sum(cityHash64('charge', toString(tuple(*)))) FROM charge FINAL GROUP BY month
    UNION ALL
    SELECT
        arrayJoin(months_of(one.begins, one.begins)) AS month,
        sum(cityHash64('share', share.charge_id, share.tenant_id, share.amount))
    FROM charge_share AS share
    INNER JOIN (SELECT * FROM charge FINAL) AS one
        ON one.charge_id = share.charge_id
    WHERE (share.charge_id, share.version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
    GROUP BY month
    UNION ALL
    SELECT
        formatDateTime(toTimeZone(hour, {timezone:String}), '%Y-%m') AS month,
        sum(cityHash64('draw', charge_id, hour, tenant_id, provider, model, amount))
    FROM prepaid_draw
    WHERE (charge_id, version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
    GROUP BY month
    UNION ALL
    SELECT
        arrayJoin(months_of(least(done.begins, toDateTime(done.first_day)), greatest(done.ends, toDateTime(done.last_day)))) AS month,
        sum(cityHash64(toString((done.reconciliation_id, done.provider, part.tenant_id, part.cause, part.amount))))
    FROM (SELECT * FROM reconciliation FINAL) AS done
    LEFT JOIN bill_adjustment AS part
        ON part.reconciliation_id = done.reconciliation_id
    GROUP BY month
    UNION ALL
    -- The lines of a bill never change.
    SELECT arrayJoin(months_of(first_day, last_day)) AS month, sum(cityHash64('bill', bill_id))
    FROM bill FINAL
    WHERE NOT deleted
    GROUP BY month
    UNION ALL
    -- A rate holds until there is another.
    SELECT arrayJoin(months_of(valid_from, {to:DateTime64(9, 'UTC')})) AS month, sum(cityHash64('rate', toString(tuple(*))))
    FROM exchange_rate FINAL
    WHERE currency IN (SELECT arrayJoin(currencies) FROM bill FINAL)
    GROUP BY month
    UNION ALL
    -- What tenants pay, with the exchange rate that holds.
    SELECT formatDateTime(plan.month, '%Y-%m') AS of_month, sum(cityHash64('plan', toString(tuple(*))))
    FROM plan_month AS plan
    GROUP BY of_month
    UNION ALL
    SELECT formatDateTime(plan.month, '%Y-%m') AS of_month, sum(cityHash64('card', line.provider, line.model, line.meter, line.price))
    FROM plan_month AS plan
    INNER JOIN (SELECT * FROM rate_card FINAL WHERE NOT removed) AS line
        ON line.card = plan.card
    GROUP BY of_month
    UNION ALL
    -- Calls have their cost centre themselves, charges their tenant's.
    SELECT arrayJoin(months_of(greatest(valid_from, {from:DateTime64(9, 'UTC')}), {to:DateTime64(9, 'UTC')})) AS month,
        sum(cityHash64('tenant', tenant_id, valid_from, valid_to, cost_center))
    FROM tenant_period FINAL
    WHERE NOT removed
    GROUP BY month
    UNION ALL
    SELECT arrayJoin(months_of({from:DateTime64(9, 'UTC')}, {to:DateTime64(9, 'UTC')})) AS month, sum(cityHash64(name, catalogue))
    FROM provider
    GROUP BY month
)
GROUP BY month
