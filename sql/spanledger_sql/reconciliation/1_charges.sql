-- Stage 1: puts down what a provider charges in a period.
--
-- Parameters: charges Identifier: the table that it makes; provider String; first, last Date: days of the bill's zone.
CREATE TABLE {charges:Identifier}
ENGINE = Memory
AS
SELECT *
FROM billed_charge
WHERE provider = {provider:String} AND day BETWEEN {first:Date} AND {last:Date}
