-- The lines of the bills in force, as they are compared with calls: the model and meter by names that both sides have, the
-- amount in USD. Lines of services that are no AI are not among them.
--
-- Columns:
--   bill_id, line, part, provider, account, sub_account, invoice_id, model, meter, scope, day, begins, ends, quantity, unit,
--     amount, currency, unknown: as in `bill_line`
--   timezone: of the bill's days
--   model_key: of the model, as `parts/names/model_key_of.sql` has it; '' where the meter is of no model
--   class: of the meter: `input`, `cache_read`, `cache_write`, `output`, `all`, `search`, `unit`, `requests`; '' of what is no
--     use
--   cause: of what is no use: `tax`, `credits`, `rounding`, `unknown_lines`, `other_charges`; '' else
--   tier: as `service_tier`; '' where the meter has none
--   usd_each: USD that one unit of the currency is worth: as the line says, else as the rate in force when it begins; NULL
--     where there is none
--   usd: the amount in USD; NULL where there is none, or no rate
--   half_step: half of the last digit that the bill gives amounts to, in USD, at most half a cent
--   again: 1: the bill has the same line before, of the same time
-- Needs: bill, bill_line, exchange_rate

CREATE OR REPLACE VIEW billed_charge AS
WITH
    {{model_key_of}}
SELECT
    charge.bill_id AS bill_id,
    charge.line AS line,
    charge.part AS part,
    charge.provider AS provider,
    charge.account AS account,
    charge.sub_account AS sub_account,
    charge.invoice_id AS invoice_id,
    charge.model AS model,
    charge.meter AS meter,
    charge.scope AS scope,
    charge.day AS day,
    charge.begins AS begins,
    charge.ends AS ends,
    charge.quantity AS quantity,
    charge.unit AS unit,
    charge.amount AS amount,
    charge.currency AS currency,
    charge.unknown AS unknown,
    charge.timezone AS timezone,
    multiIf(
        startsWith(meter, 'cache_read'), 'cache_read',
        startsWith(meter, 'cache_write'), 'cache_write',
        startsWith(meter, 'input'), 'input',
        startsWith(meter, 'output') OR meter = 'reasoning', 'output',
        meter IN ('unit', 'code_execution', 'session'), 'unit',
        meter IN ('all', 'search', 'requests'), meter,
        '') AS class,
    multiIf(
        class != '', '',
        meter = 'tax', 'tax',
        meter = 'credit', 'credits',
        meter = 'rounding', 'rounding',
        meter = 'unknown', 'unknown_lines',
        'other_charges') AS cause,
    if(class IN ('search', 'unit', ''), '', model_key_of(charge.model)) AS model_key,
    if(class IN ('search', 'unit', ''), '', charge.service_tier) AS tier,
    multiIf(
        charge.currency = '', NULL,
        charge.currency = 'USD', toDecimal256(1, 22),
        charge.exchange_rate IS NOT NULL, toDecimal256(charge.exchange_rate, 22),
        toDecimal256(rate.usd, 22)) AS usd_each,
    toDecimal128(
        toDecimal256(charge.amount, 12) * usd_each + if(charge.amount < 0, -1, 1) * toDecimal256('0.0000000000005', 34), 12
    ) AS usd,
    toDecimal128(toDecimal256(0.5 * pow(10, -greatest(2, charge.decimals)), 15) * usd_each, 15) AS half_step,
    row_number() OVER (
        PARTITION BY charge.bill_id, charge.begins, charge.ends, charge.part, cityHash64(charge.raw) ORDER BY charge.line
    ) > 1 AS again
FROM
(
    SELECT line.*, bill.timezone AS timezone, bill.decimals AS decimals
    FROM (SELECT * FROM bill_line FINAL WHERE meter != 'other_service') AS line
    INNER JOIN (SELECT bill_id, timezone, decimals FROM bill FINAL WHERE NOT deleted) AS bill
        ON bill.bill_id = line.bill_id
) AS charge
ASOF LEFT JOIN (SELECT * FROM exchange_rate FINAL) AS rate
    ON rate.currency = charge.currency AND rate.valid_from <= charge.begins;
