-- Every bill that was imported, those taken back included, with the digest that its lines had then.
--
-- Columns:
--   bill_id: the bill
--   source: the file's name
--   digest: of its lines, hex
--   deleted: 1: it was taken back
--   imported_at: when it was imported, or taken back, UTC
SELECT bill_id, source, digest, deleted, imported_at
FROM bill FINAL
ORDER BY bill_id
