-- Whether prices, contracts, energy entries, resolutions, places, cost centres or hours of the ledger's signal changed since a moment.
-- Parameters: since DateTime64(6, 'UTC'); grid_signal, grid_basis String: the kind of intensity.
-- Columns: changed UInt8.
SELECT max(at) > {since:DateTime64(6, 'UTC')} - INTERVAL 60 SECOND AS changed
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
    SELECT max(imported_at) AS at FROM grid_intensity WHERE signal = {grid_signal:String} AND basis = {grid_basis:String}
    UNION ALL
    SELECT max(imported_at) AS at FROM price_book
    UNION ALL
    SELECT max(loaded_at) AS at FROM energy_facility
    UNION ALL
    SELECT max(loaded_at) AS at FROM energy_host
    UNION ALL
    SELECT max(loaded_at) AS at FROM grid_contract
    UNION ALL
    SELECT max(loaded_at) AS at FROM grid_water
    UNION ALL
    SELECT max(loaded_at) AS at FROM tenant_rule_set
    UNION ALL
    SELECT max(said_at) AS at FROM tenant_period
)
