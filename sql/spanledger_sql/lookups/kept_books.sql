-- Which books are kept, by the names that passages of queries about them have.
--
-- Columns:
--   commitments: 1: there is a commitment
--   beside: 1: something can stand beside calls, for each of it is of a commitment, a charge or a bill; what it comes to in a period
--     the view `beside_call` says
--   plans: 1: there is a price plan
SELECT
    (SELECT count() FROM commitment) > 0 AS commitments,
    commitments OR (SELECT count() FROM charge) + (SELECT count() FROM bill) + (SELECT count() FROM reconciliation) > 0 AS beside,
    (SELECT count() FROM price_plan) > 0 AS plans
