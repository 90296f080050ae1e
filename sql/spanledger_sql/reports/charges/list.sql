-- The charges that are no calls, and who pays them.
--
-- Columns:
--   charge: its name
--   kind: what it is
--   amount: USD; negative of a credit
--   given: the amount in the currency of its file, with the rate; '' where that is USD
--   from, to: the time that it is for, half-open, UTC
--   provider: who charges it; '' where not told
--   quantity, unit: as the file says; NULL and '' where it does not
--   policy: how it is shared out
--   paid_by: up to five tenants that pay it, the most first
--   tenants: how many pay it
--   drawn: of prepaid credits, what calls have used, USD; NULL else
--   left: of them, what nobody has used yet, or before they expired, USD; NULL else
--   invoice: '' where not told
--   description: in the words of whoever charges it
--   source: the file
SELECT
    one.charge_id AS charge,
    one.kind AS kind,
    one.amount AS amount,
    if(one.currency = 'USD', '', concat(
        toString(one.given_amount), ' ', one.currency, ' at ', toString(one.exchange_rate), ' USD')) AS given,
    one.begins AS from,
    one.ends AS to,
    one.provider AS provider,
    one.quantity AS quantity,
    one.unit AS unit,
    one.policy AS policy,
    arrayStringConcat(arraySlice(share.names, 1, 5), ', ') AS paid_by,
    length(share.names) AS tenants,
    if(one.kind = 'prepaid', ifNull(draw.drawn, toDecimal128(0, 12)), NULL) AS drawn,
    one.amount - drawn AS left,
    one.invoice_id AS invoice,
    one.description AS description,
    one.source AS source
FROM (SELECT * FROM charge FINAL) AS one
LEFT JOIN
(
    SELECT
        charge_id,
        arrayMap(pair -> pair.2, arrayReverseSort(groupArray((abs(amount), tenant_id)))) AS names
    FROM charge_share
    WHERE (charge_id, version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
    GROUP BY charge_id
) AS share
    ON share.charge_id = one.charge_id
LEFT JOIN
(
    SELECT charge_id, sum(amount) AS drawn
    FROM prepaid_draw
    WHERE (charge_id, version) IN (SELECT charge_id, version FROM charge_allocation FINAL)
    GROUP BY charge_id
) AS draw
    ON draw.charge_id = one.charge_id
ORDER BY from, charge
