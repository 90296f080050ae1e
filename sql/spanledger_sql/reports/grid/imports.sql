-- What was imported when and from where, latest first.
-- Columns: imported_at: UTC; origin: file or API; zone; signal; basis; first, last: hours, UTC; new, corrected, unchanged:
-- hours; sha256: of the file.
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
