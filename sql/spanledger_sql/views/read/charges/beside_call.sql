-- Charges that are no use of a price list: parts of commitments, of charges, of invoices, and lines of bills that no
-- reconciliation has shared out yet.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): charges of that time, half-open: each in the moment `booked_at`
-- Columns:
--   kind: `commitment`, `charge`, `invoice` (what a reconciliation adds) or `bill` (a line that none has shared out)
--   charge_id: the commitment, charge, reconciliation or bill
--   charge_kind: what it is in its file's words; of an invoice the cause; of a bill the meter; of prepaid credits also
--     `drawdown`, what calls use of them, less than 0, and `expired`, what was left
--   category: FOCUS's: `Usage`, `Purchase`, `Tax`, `Credit` or `Adjustment`
--   ts, ends: the time that it is for, UTC, half-open
--   booked_at: when it counts: as that begins; what is for whole days or months, some hours later, when it is that day from Alaska to
--     Kiribati, since it begins at a midnight that may not be the tenant's
--   tenant_id: who pays
--   trace_id, span_id: of the call that it is for; '' where no call is named
--   provider, model: as in `calls` where a call is named, else as who charges it says; '' where not told
--   cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, dimensions, agent,
--     provider_account, operation, service_tier, speed, cloud_region, inference_geo, zone: as in `calls`, of the call that is
--     named; '' else, but for the cost centre, which is the tenant's at the time
--   unit, description, invoice_id: '' where not told
--   quantity: in `unit`; NULL where not told, and where the charge is shared out
--   amount: USD
--   idle: 1: for what nobody used
--   counts_list: 0: the list cost of what it is for stands with the calls that it pays
--   is_prepaid: 1: it pays for calls that are charged besides
-- Needs: calls, allocated_cost, commitment, charge, charge_share, charge_allocation, prepaid_draw, bill_adjustment, reconciliation, billed_charge, provider, tenant_period

CREATE OR REPLACE VIEW beside_call AS
SELECT
    part.kind AS kind, part.charge_id AS charge_id, part.charge_kind AS charge_kind, part.category AS category,
    part.ts AS ts, part.ends AS ends,
    part.ts + toIntervalHour(if(part.kind = 'invoice'
        OR part.kind != 'commitment' AND part.charge_kind != 'drawdown' AND toStartOfDay(part.ts) = part.ts, 9, 0)) AS booked_at,
    part.tenant_id AS tenant_id, part.trace_id AS trace_id, part.span_id AS span_id,
    ifNull(CAST(call.provider, 'Nullable(String)'), part.provider) AS provider,
    ifNull(CAST(call.model, 'Nullable(String)'), part.model) AS model,
    multiIf(call.trace_id IS NOT NULL, ifNull(CAST(call.cost_center, 'Nullable(String)'), ''),
        booked_at < owner.valid_to, ifNull(CAST(owner.cost_center, 'Nullable(String)'), ''), '') AS cost_center,
    ifNull(CAST(call.environment, 'Nullable(String)'), '') AS environment,
    ifNull(CAST(call.service_name, 'Nullable(String)'), '') AS service_name,
    ifNull(CAST(call.feature, 'Nullable(String)'), '') AS feature,
    ifNull(CAST(call.workflow, 'Nullable(String)'), '') AS workflow,
    ifNull(CAST(call.user_id, 'Nullable(String)'), '') AS user_id,
    ifNull(CAST(call.session_id, 'Nullable(String)'), '') AS session_id,
    ifNull(CAST(call.run_id, 'Nullable(String)'), '') AS run_id,
    ifNull(CAST(call.agent, 'Nullable(String)'), '') AS agent,
    ifNull(CAST(call.provider_account, 'Nullable(String)'), '') AS provider_account,
    ifNull(CAST(call.operation, 'Nullable(String)'), '') AS operation,
    ifNull(CAST(call.service_tier, 'Nullable(String)'), '') AS service_tier,
    ifNull(CAST(call.speed, 'Nullable(String)'), '') AS speed,
    ifNull(CAST(call.cloud_region, 'Nullable(String)'), '') AS cloud_region,
    ifNull(CAST(call.inference_geo, 'Nullable(String)'), '') AS inference_geo,
    ifNull(CAST(call.zone, 'Nullable(String)'), '') AS zone,
    call.dimensions AS dimensions,
    part.unit AS unit, part.description AS description, part.invoice_id AS invoice_id, part.quantity AS quantity,
    part.amount AS amount, part.idle AS idle, part.counts_list AS counts_list, part.is_prepaid AS is_prepaid
FROM
(
    SELECT
        'commitment' AS kind,
        part.commitment_id AS charge_id,
        CAST(one.kind, 'String') AS charge_kind,
        'Usage' AS category,
        toDateTime64(part.hour, 9, 'UTC') AS ts,
        toDateTime64(part.hour + INTERVAL 1 HOUR, 9, 'UTC') AS ends,
        CAST(part.tenant_id, 'String') AS tenant_id,
        part.trace_id AS trace_id,
        part.span_id AS span_id,
        if(length(one.providers) = 1, one.providers[1], '') AS provider,
        if(length(one.models) = 1, one.models[1], '') AS model,
        '' AS unit,
        '' AS description,
        '' AS invoice_id,
        CAST(NULL, 'Nullable(Decimal(38, 12))') AS quantity,
        part.amount AS amount,
        part.idle AS idle,
        toUInt8(one.covers_usage = 0) AS counts_list,
        toUInt8(0) AS is_prepaid
    FROM allocated_cost AS part
    INNER JOIN (SELECT * FROM commitment FINAL) AS one
        ON one.commitment_id = part.commitment_id
    WHERE part.hour >= {from:DateTime64(9, 'UTC')} AND part.hour < {to:DateTime64(9, 'UTC')}
    UNION ALL
    SELECT
        'charge', one.charge_id, CAST(one.kind, 'String'),
        multiIf(one.kind = 'tax', 'Tax', one.kind = 'credit', 'Credit',
                one.kind = 'prepaid', 'Purchase', one.kind = 'other', 'Adjustment', 'Usage'),
        toDateTime64(one.begins, 9, 'UTC'), toDateTime64(one.ends, 9, 'UTC'),
        CAST(share.tenant_id, 'String'), '', '', CAST(one.provider, 'String'), CAST(one.model, 'String'),
        CAST(one.unit, 'String'), one.description, one.invoice_id,
        if(share.amount = one.amount, one.quantity, NULL),
        share.amount, toUInt8(0), toUInt8(one.kind != 'prepaid'), toUInt8(one.kind = 'prepaid')
    FROM (SELECT * FROM charge FINAL) AS one
    INNER JOIN charge_share AS share
        ON share.charge_id = one.charge_id
    WHERE (share.charge_id, share.version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
        AND one.begins >= {from:DateTime64(9, 'UTC')} - INTERVAL 9 HOUR AND one.begins < {to:DateTime64(9, 'UTC')}
    UNION ALL
    SELECT
        'charge', draw.charge_id, 'drawdown', 'Credit',
        toDateTime64(draw.hour, 9, 'UTC'), toDateTime64(draw.hour + INTERVAL 1 HOUR, 9, 'UTC'),
        CAST(draw.tenant_id, 'String'), '', '', CAST(draw.provider, 'String'), CAST(draw.model, 'String'),
        '', '', '', NULL, -draw.amount, toUInt8(0), toUInt8(0), toUInt8(1)
    FROM prepaid_draw AS draw
    WHERE (draw.charge_id, draw.version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
        AND draw.hour >= {from:DateTime64(9, 'UTC')} AND draw.hour < {to:DateTime64(9, 'UTC')}
    UNION ALL
    -- What is left of credits was billed when they were bought, and is an effective cost when they expire.
    SELECT
        'charge', one.charge_id, 'expired', 'Usage',
        toDateTime64(one.ends, 9, 'UTC') - INTERVAL 1 SECOND, toDateTime64(one.ends, 9, 'UTC'),
        '(not shared)', '', '', CAST(one.provider, 'String'), '', '', one.description, one.invoice_id, NULL,
        side.1, toUInt8(1), toUInt8(0), side.2
    FROM
    (
        SELECT charge_id, ends, provider, description, invoice_id, amount
        FROM charge FINAL
        WHERE kind = 'prepaid' AND ends <= now('UTC')
            AND ends - INTERVAL 1 SECOND >= {from:DateTime64(9, 'UTC')} AND ends - INTERVAL 1 SECOND < {to:DateTime64(9, 'UTC')}
    ) AS one
    LEFT JOIN
    (
        SELECT charge_id, sum(amount) AS drawn
        FROM prepaid_draw
        WHERE (charge_id, version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
        GROUP BY charge_id
    ) AS used
        ON used.charge_id = one.charge_id
    ARRAY JOIN
        [(one.amount - ifNull(used.drawn, toDecimal128(0, 12)), toUInt8(0)),
         (ifNull(used.drawn, toDecimal128(0, 12)) - one.amount, toUInt8(1))] AS side
    WHERE side.1 != 0
    UNION ALL
    SELECT
        'invoice', done.reconciliation_id, CAST(part.cause, 'String'),
        multiIf(part.cause = 'tax', 'Tax', part.cause = 'credits', 'Credit', 'Adjustment'),
        toDateTime64(done.begins, 9, 'UTC'), toDateTime64(done.ends, 9, 'UTC'),
        CAST(part.tenant_id, 'String'), '', '', CAST(done.provider, 'String'), '', '', '', '',
        NULL, part.amount, toUInt8(0), toUInt8(1), toUInt8(0)
    FROM (SELECT * FROM reconciliation FINAL) AS done
    INNER JOIN bill_adjustment AS part
        ON part.reconciliation_id = done.reconciliation_id
    -- What is the commitments' stands with them.
    WHERE part.cause != 'commitments' AND done.begins >= {from:DateTime64(9, 'UTC')} - INTERVAL 9 HOUR
        AND done.begins < {to:DateTime64(9, 'UTC')}
    UNION ALL
    SELECT
        'bill', line.bill_id, CAST(line.meter, 'String'),
        multiIf(line.cause = 'tax', 'Tax', line.cause = 'credits', 'Credit', line.meter = 'adjustment', 'Adjustment',
                'Usage'),
        toDateTime64(line.begins, 9, 'UTC'), toDateTime64(line.ends, 9, 'UTC'),
        '(unattributed)', '', '', CAST(line.provider, 'String'), CAST(line.model, 'String'), CAST(line.unit, 'String'), '',
        CAST(line.invoice_id, 'String'),
        line.quantity, line.usd, toUInt8(0), toUInt8(1), toUInt8(0)
    FROM billed_charge AS line
    WHERE NOT line.again AND line.usd IS NOT NULL AND line.usd != 0
        AND (line.cause IN ('tax', 'credits', 'other_charges') OR line.meter IN ('code_execution', 'session'))
        AND line.begins >= {from:DateTime64(9, 'UTC')} - INTERVAL 9 HOUR AND line.begins < {to:DateTime64(9, 'UTC')}
        AND NOT arrayExists(
            done -> done.1 = line.provider AND line.day BETWEEN done.2 AND done.3,
            (SELECT groupArray((CAST(provider, 'String'), first_day, last_day)) FROM reconciliation FINAL))
        -- Capacity that a commitment is for is told there.
        AND NOT (line.meter = 'capacity' AND arrayExists(
            known -> known.1 = line.provider AND line.begins >= known.2 AND line.begins < known.3,
            (
                SELECT groupArray((if(seller.catalogue = '', seller.name, seller.catalogue), one.begins, one.ends))
                FROM (SELECT arrayJoin(providers) AS name, begins, ends FROM commitment FINAL) AS one
                INNER JOIN provider AS seller
                    ON seller.name = one.name
            )))
) AS part
LEFT JOIN
(
    SELECT trace_id, span_id, provider, model, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id,
           agent, provider_account, operation, service_tier, speed, cloud_region, inference_geo, zone, dimensions
    FROM calls
    WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < addHours({to:DateTime64(9, 'UTC')}, 1)
        AND (trace_id, span_id) IN (
            SELECT trace_id, span_id FROM allocated_cost
            WHERE trace_id != '' AND hour >= {from:DateTime64(9, 'UTC')} AND hour < {to:DateTime64(9, 'UTC')})
) AS call
    ON call.trace_id = part.trace_id AND call.span_id = part.span_id
ASOF LEFT JOIN (SELECT * FROM tenant_period FINAL WHERE NOT removed) AS owner
    ON owner.tenant_id = part.tenant_id AND owner.valid_from <= booked_at
WHERE booked_at >= {from:DateTime64(9, 'UTC')} AND booked_at < {to:DateTime64(9, 'UTC')};
