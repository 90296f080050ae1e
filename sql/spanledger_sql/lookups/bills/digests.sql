-- The digest of the lines of bills as they are stored: the sum of their SHA-256, each taken for a number of 256 bits, lowest byte
-- first, modulo 2^256, so that the order of rows means nothing. A bill without lines has no row.
--
-- Parameters:
--   bills Array(String): which, by their ids; none: all
-- Columns:
--   bill_id: the bill
--   digest: of its lines, hex
SELECT
    line.bill_id AS bill_id,
    leftPad(lower(hex(sum(reinterpretAsUInt256(SHA256({{line_text}}))))), 64, '0') AS digest
FROM bill_line AS line FINAL
WHERE empty({bills:Array(String)}) OR line.bill_id IN {bills:Array(String)}
GROUP BY bill_id
ORDER BY bill_id
