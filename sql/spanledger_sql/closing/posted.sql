-- What postings come to, and the digest of their entries: the sum of their SHA-256, each taken for a number of 256 bits, lowest
-- byte first, modulo 2^256, so that the order of rows means nothing. A posting without entries has no row.
-- Parameters:
--   postings Array(String): which; none: all
SELECT
    e.posting AS posting,
    count() AS entries,
    leftPad(lower(hex(sum(reinterpretAsUInt256(SHA256({{entry_text}}))))), 64, '0') AS digest,
    sum(e.cost) AS cost,
    sum(e.co2e_g) AS co2e_g,
    min(e.month) AS first_month
FROM book_entry AS e
WHERE empty({postings:Array(String)}) OR e.posting IN {postings:Array(String)}
GROUP BY posting
