-- Every price entry as it was at any time: what the view `priced_entry` gives, for reports. The engine plans a view that is joined several
-- times.
SELECT
    price_id,
    if(loaded_at = min(loaded_at) OVER (PARTITION BY price_id), toDateTime64(0, 6, 'UTC'), loaded_at) AS known_from,
    tier_starts,
    window_starts,
    units,
    unit_prices,
    {{steps_of_prices}} AS steps
FROM
(
    SELECT * FROM price_list FINAL
    UNION ALL
    SELECT * FROM price_superseded FINAL
)
