-- How old what the figures rest on is: list prices, contract books, exchange rates, energy entries, and the grid's hours of
-- each zone that calls of the last 30 days ran in.
--
-- Columns:
--   kind: `list prices`, `contract book`, `exchange rate`, `energy entries`, `grid hours` or `grid year`
--   name: of the book, currency or zone; '' where there is one of the kind
--   source: who published it
--   known_until: how far it goes, UTC: of the grid the end of its last hour or year, of others when they were last brought up
--     to date; NULL where there is nothing
--   calls: of the grid, calls of the last 30 days in the zone; else NULL
WITH
    used AS
    (
        SELECT CAST(zone, 'String') AS zone, sum(known_calls) AS calls
        FROM calls
        WHERE ts >= now64(9, 'UTC') - INTERVAL 30 DAY AND zone != ''
        GROUP BY zone
    ),
    hourly AS
    (
        SELECT
            CAST(zone, 'String') AS zone,
            max(ts) + INTERVAL 1 HOUR AS known_until,
            CAST(argMax(source, ts), 'String') AS source
        FROM grid_intensity
        WHERE resolution = 'hour' AND zone IN (SELECT used.zone FROM used)
        GROUP BY zone
    ),
    yearly AS
    (
        SELECT
            CAST(zone, 'String') AS zone,
            max(ts) + INTERVAL 1 YEAR AS known_until,
            CAST(argMax(source, ts), 'String') AS source
        FROM grid_intensity
        WHERE resolution = 'year'
        GROUP BY zone
    ),
    all_kinds AS
    (
        SELECT
            'list prices' AS kind, '' AS name, argMax(catalogue.source, catalogue.loaded_at) AS source,
            if(count() = 0, NULL, toDateTime(max(catalogue.loaded_at), 'UTC')) AS known_until, CAST(NULL, 'Nullable(UInt64)') AS calls
        FROM price_catalogue_load AS catalogue
        UNION ALL
        SELECT 'contract book', book.book, book.origin, toDateTime(book.imported_at, 'UTC'), NULL
        FROM (SELECT * FROM price_book FINAL) AS book
        WHERE NOT book.deleted
        UNION ALL
        SELECT 'exchange rate', rate.currency, argMax(rate.source, rate.valid_from), max(rate.valid_from), NULL
        FROM (SELECT CAST(currency, 'String') AS currency, source, valid_from FROM exchange_rate FINAL) AS rate
        GROUP BY rate.currency
        UNION ALL
        SELECT 'energy entries', '', arrayStringConcat(arraySort(groupUniqArray(CAST(method, 'String'))), ', '),
            if(count() = 0, NULL, toDateTime(max(loaded_at), 'UTC')), NULL
        FROM energy_model
        UNION ALL
        -- A zone without hours of its own has a year's mean.
        SELECT
            if(hourly.zone IS NULL, 'grid year', 'grid hours'), used.zone,
            ifNull(hourly.source, ifNull(yearly.source, '')), ifNull(hourly.known_until, yearly.known_until), used.calls
        FROM used
        LEFT JOIN hourly ON hourly.zone = used.zone
        LEFT JOIN yearly ON yearly.zone = splitByChar('-', used.zone)[1]
    )
SELECT
    kind,
    name,
    source,
    known_until,
    calls
FROM all_kinds
ORDER BY indexOf(['list prices', 'contract book', 'exchange rate', 'energy entries', 'grid hours', 'grid year'], kind), calls DESC, name
