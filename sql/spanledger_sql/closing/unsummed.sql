-- What entries are taken from and is not the sum of its rows: bills and their lines, parts of invoices, allocations of commitments.
-- A sum may differ by the last digit of each row, to which rows are rounded.
--
-- Parameters: none
-- Columns:
--   what: `bill`, `invoice` or `allocation`
--   name: the file; the provider with the days; the commitment with the day
--   said: what it comes to, in the currency
--   summed: what its rows come to
--   currency: of both
WITH
    billed AS
    (
        SELECT bill_id, CAST(line.currency, 'String') AS currency, sum(line.amount) AS amount, count() AS rows
        FROM bill_line AS line FINAL
        WHERE line.amount IS NOT NULL
        GROUP BY bill_id, currency
    ),
    shared AS
    (
        SELECT reconciliation_id, sum(amount) AS amount, sum(metered) AS metered, sum(invoiced) AS invoiced, count() AS rows
        FROM invoice_share
        GROUP BY reconciliation_id
    ),
    adjusted AS
    (
        SELECT reconciliation_id, sum(amount) AS amount, count() AS rows
        FROM bill_adjustment
        GROUP BY reconciliation_id
    ),
    borne AS
    (
        SELECT commitment_id, day, version, sum(amount) AS amount
        FROM allocation_row
        WHERE idle != 2
        GROUP BY commitment_id, day, version
    ),
    told AS
    (
        SELECT
            'bill' AS what, one.source AS name, one.amount AS said, ifNull(b.amount, toDecimal128(0, 12)) AS summed,
            one.currency AS currency, ifNull(b.rows, 0) AS rows
        FROM
        (
            SELECT bill_id, source, pair.1 AS currency, pair.2 AS amount
            FROM bill FINAL
            ARRAY JOIN arrayZip(currencies, amounts) AS pair
            WHERE NOT deleted
        ) AS one
        LEFT JOIN billed AS b
            ON b.bill_id = one.bill_id AND b.currency = one.currency
        UNION ALL
        SELECT
            'invoice', concat(done.provider, ', ', toString(done.first_day), ' to ', toString(done.last_day)), side.1, side.2, side.3, side.4
        FROM (SELECT * FROM reconciliation FINAL) AS done
        LEFT JOIN shared AS s
            ON s.reconciliation_id = done.reconciliation_id
        LEFT JOIN adjusted AS a
            ON a.reconciliation_id = done.reconciliation_id
        ARRAY JOIN
            [(done.invoiced, ifNull(s.invoiced, toDecimal128(0, 12)), CAST(done.currency, 'String'), ifNull(s.rows, 0)),
             (ifNull(s.amount, toDecimal128(0, 12)), ifNull(s.metered, toDecimal128(0, 12)) + ifNull(a.amount, toDecimal128(0, 12)), 'USD',
              ifNull(s.rows, 0) + ifNull(a.rows, 0))] AS side
        UNION ALL
        SELECT
            'allocation', concat(kept.commitment_id, ', ', if(kept.day = '1970-01-01', 'idle', toString(kept.day))), kept.allocated,
            ifNull(b.amount, toDecimal128(0, 12)), 'USD', 0
        FROM (SELECT * FROM allocation FINAL) AS kept
        LEFT JOIN borne AS b
            ON b.commitment_id = kept.commitment_id AND b.day = kept.day AND b.version = kept.version
    )
SELECT what, name, said, summed, currency
FROM told
WHERE abs(said - summed) > toDecimal128('0.000000000001', 12) * rows
ORDER BY what, name, currency
