-- The lines of a bill, as they are understood and as they came.
--
-- Parameters:
--   bill_id String: the bill
--   unknown UInt8: 1: only lines that are not understood
-- Columns:
--   line, part, day, provider, account, sub_account, invoice_id, service, model, meter, service_tier, scope, quantity, unit,
--     amount, currency, unknown, sku, resource, charge_category, list_amount, begins, ends, raw: as in `bill_line`
SELECT
    line,
    part,
    day,
    provider,
    account,
    sub_account,
    invoice_id,
    service,
    model,
    meter,
    service_tier,
    scope,
    quantity,
    unit,
    amount,
    currency,
    unknown,
    sku,
    resource,
    charge_category,
    list_amount,
    begins,
    ends,
    raw
FROM bill_line FINAL
WHERE bill_id = {bill_id:String}
    AND ({unknown:UInt8} = 0 OR unknown != '')
ORDER BY line, part
