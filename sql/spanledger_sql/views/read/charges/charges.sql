-- Every charge: what calls used by meter, and parts of commitments, storage, seats, taxes, credits, fees and invoices, with
-- its cost in FOCUS's four senses. Sums are the whole cost: a call that a commitment pays costs nothing here beside the
-- commitment's part, and what is prepaid is billed once and effective where it is used.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): charges of that time, half-open
-- Columns:
--   kind: `call`, `commitment`, `charge`, `invoice` or `bill`, as in `beside_call`
--   charge_id, charge_kind, category, ends, description, invoice_id, idle: as in `beside_call`; of a call `Usage`, its start, ''
--   ts: when the call, or what the charge is for, began, UTC
--   tenant_id, cost_center, environment, service_name, feature, workflow, user_id, session_id, run_id, dimensions: as in
--     `calls`; of a charge those of the call that it names, else the tenant alone
--   trace_id, span_id: of the call; '' where no call is named
--   agent, provider, provider_account, model, operation, service_tier, speed, cloud_region, inference_geo, zone: likewise
--   price_status, price_id, contract_price_id: as in `calls`; '' of what is no call
--   meter, unit, price_step, quantity, list_price, contracted_price: as in `metered_charge`; of what is no call the meter is
--     its kind, and prices are NULL
--   list_cost, contracted_cost: USD, by the list and by contracts; NULL where unknown. Of calls that a commitment pays what
--     they would cost; of that commitment 0
--   billed_cost: USD, what is charged for it; NULL where unknown
--   effective_cost: USD, what its use costs, prepayments amortised; NULL where unknown
--   paid_by: the commitment that pays the call; '' where none does
--   first_of_call, known_calls, least_calls: as in `metered_charge`; 0 of what is no call
--   energy_wh, co2e_g, co2e_g_low, co2e_g_high, co2e_market_g, embodied_g, water_ml: as in `metered_charge`
-- Needs: metered_charge, paid_call, beside_call

CREATE OR REPLACE VIEW charges AS
SELECT
    'call' AS kind,
    '' AS charge_id,
    'usage' AS charge_kind,
    'Usage' AS category,
    part.ts AS ts,
    part.ts AS ends,
    CAST(part.tenant_id, 'String') AS tenant_id, CAST(part.cost_center, 'String') AS cost_center,
    CAST(part.environment, 'String') AS environment, CAST(part.service_name, 'String') AS service_name,
    CAST(part.feature, 'String') AS feature, CAST(part.workflow, 'String') AS workflow,
    part.user_id AS user_id, part.session_id AS session_id, part.run_id AS run_id, part.dimensions AS dimensions,
    part.trace_id AS trace_id, part.span_id AS span_id,
    CAST(part.agent, 'String') AS agent, CAST(part.provider, 'String') AS provider,
    CAST(part.provider_account, 'String') AS provider_account, CAST(part.model, 'String') AS model,
    CAST(part.operation, 'String') AS operation, CAST(part.service_tier, 'String') AS service_tier,
    CAST(part.speed, 'String') AS speed, CAST(part.cloud_region, 'String') AS cloud_region,
    CAST(part.inference_geo, 'String') AS inference_geo, CAST(part.zone, 'String') AS zone,
    CAST(part.price_status, 'String') AS price_status, CAST(part.price_id, 'String') AS price_id,
    CAST(part.contract_price_id, 'String') AS contract_price_id,
    part.meter AS meter,
    part.unit AS unit,
    toUInt32(part.price_step) AS price_step,
    CAST(part.quantity, 'Nullable(Decimal(38, 12))') AS quantity,
    part.list_price AS list_price,
    part.contracted_price AS contracted_price,
    part.list_cost AS list_cost,
    part.contracted_cost AS contracted_cost,
    if(paid.commitment_id IS NULL, part.contracted_cost, toDecimal128(0, 12)) AS billed_cost,
    billed_cost AS effective_cost,
    ifNull(paid.commitment_id, '') AS paid_by,
    '' AS description,
    '' AS invoice_id,
    toUInt8(0) AS idle,
    part.first_of_call AS first_of_call,
    part.known_calls AS known_calls,
    part.least_calls AS least_calls,
    part.energy_wh AS energy_wh, part.co2e_g AS co2e_g, part.co2e_g_low AS co2e_g_low, part.co2e_g_high AS co2e_g_high,
    part.co2e_market_g AS co2e_market_g, part.embodied_g AS embodied_g, part.water_ml AS water_ml
FROM
(
    SELECT * FROM metered_charge WHERE ts >= {from:DateTime64(9, 'UTC')} AND ts < {to:DateTime64(9, 'UTC')}
) AS part
LEFT JOIN paid_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')}) AS paid
    ON paid.trace_id = part.trace_id AND paid.span_id = part.span_id
UNION ALL
SELECT
    kind, charge_id, charge_kind, category, ts, ends, tenant_id, cost_center, environment, service_name, feature, workflow,
    user_id, session_id, run_id, dimensions, trace_id, span_id,
    agent, provider, provider_account, model, operation, service_tier, speed, cloud_region, inference_geo, zone,
    '', '', '', charge_kind, unit, toUInt32(0), quantity,
    CAST(NULL, 'Nullable(Decimal(38, 22))'), CAST(NULL, 'Nullable(Decimal(38, 22))'),
    if(counts_list, amount, toDecimal128(0, 12)), if(counts_list, amount, toDecimal128(0, 12)),
    amount, if(is_prepaid, toDecimal128(0, 12), amount), '', description, invoice_id, idle,
    toUInt8(0), toUInt64(0), toUInt64(0), NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM beside_call(from = {from:DateTime64(9, 'UTC')}, to = {to:DateTime64(9, 'UTC')});
