-- Whether prices, energy entries, resolutions, places or hours of the ledger's signal changed since a moment.
-- Parameters: since DateTime64(6, 'UTC').
-- Columns: changed UInt8.
SELECT max(at) > {since:DateTime64(6, 'UTC')} - INTERVAL 10 SECOND AS changed
FROM
(
    SELECT max(loaded_at) AS at FROM price_list
    UNION ALL
    SELECT max(loaded_at) AS at FROM energy_model
    UNION ALL
    SELECT max(resolved_at) AS at FROM model_resolution
    UNION ALL
    SELECT max(resolved_at) AS at FROM grid_zone
    UNION ALL
    SELECT max(imported_at) AS at FROM grid_intensity WHERE signal = 'average' AND basis = 'lifecycle'
)
