-- The terms of uncertainty in force: reviewed reference data.
--
-- Columns:
--   of: an energy method, `grid` or `price`
--   term: what is uncertain
--   sigma: standard deviation of the logarithm
--   low, high: the ends of the assumption that it follows from; NULL where it follows from none
--   shared_by: which calls err alike
--   source: where it is from
SELECT of, term, sigma, low, high, shared_by, source
FROM uncertainty FINAL
ORDER BY of, term
