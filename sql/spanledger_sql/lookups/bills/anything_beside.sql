-- Whether anything can stand beside calls: each of it is of a commitment, a charge or a bill.
--
-- Columns:
--   there_is: 1: there is one; what it comes to in a period the view `beside_call` says
SELECT
    (SELECT count() FROM commitment) + (SELECT count() FROM charge) + (SELECT count() FROM bill)
        + (SELECT count() FROM reconciliation) > 0 AS there_is
