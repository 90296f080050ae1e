-- Keeps rows of the price list that are about to be replaced, for the calls that were priced by them.
--
-- Parameters:
--   price_ids Array(String): the rows
INSERT INTO price_superseded
SELECT * FROM price_list FINAL
WHERE price_id IN {price_ids:Array(String)}
