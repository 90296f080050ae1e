-- What was imported when and from where, latest first.
--
-- Columns:
--   imported_at: UTC
--   origin: file or API
--   zone: the grid zone
--   signal, basis: of the intensities
--   first, last: hours, UTC
--   new, corrected, unchanged: how many hours were not there before, replaced another value, were there already
--   sha256: of the file; '' of an API
SELECT
    imported_at,
    origin,
    zone,
    signal,
    basis,
    first_hour AS first,
    last_hour AS last,
    hours_new AS new,
    hours_corrected AS corrected,
    hours_unchanged AS unchanged,
    sha256
FROM grid_import
ORDER BY imported_at DESC, zone, signal, basis
