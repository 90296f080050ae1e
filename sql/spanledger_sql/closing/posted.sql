-- What a posting comes to, and the digest of its entries: the sum of their SHA-256, each taken for a number of 256 bits, lowest
-- byte first, modulo 2^256, so that the order of rows means nothing.
-- Parameters:
--   posting String: which
SELECT
    count() AS entries,
    leftPad(lower(hex(sum(reinterpretAsUInt256(SHA256({{entry_text}}))))), 64, '0') AS digest,
    sum(e.cost) AS cost,
    sum(e.co2e_g) AS co2e_g
FROM book_entry AS e
WHERE e.posting = {posting:String}
