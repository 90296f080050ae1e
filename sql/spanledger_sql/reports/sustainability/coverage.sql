-- What the energy and emission figures of a period rest on: how energy was found, how fine the grid data is, and how it
-- is known where calls ran.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   moment DateTime64(6, 'UTC'): as the ledger was then
-- Columns:
--   evidence: `energy`, `grid intensity` or `place`
--   method: of energy `measured`, `modelled` or `proxy`; of intensity `hourly`, `yearly`, or what fills in for hours;
--     of the place `named` where the call or an override names it, `assumed: home of the provider` or
--     `assumed: default zone` where nothing does; `unknown` of all
--   calls: counted ones
--   energy_wh: Wh at the facility; NULL where unknown
--   call_share, energy_share: of the period's calls and known energy, 0 to 1
WITH
    selected AS
    (
        SELECT
            if(energy_wh IS NULL OR energy_method = '', 'unknown', energy_method) AS energy_evidence,
            multiIf(
                intensity_g_per_kwh IS NULL, 'unknown',
                intensity_resolution = 'hour', 'hourly',
                intensity_resolution = 'year', 'yearly',
                intensity_resolution = '', 'unknown',
                intensity_resolution
            ) AS grid_evidence,
            multiIf(
                c.zone = '', 'unknown',
                place.source LIKE '%default zone', 'assumed: default zone',
                place.source LIKE '%EcoLogits: data centres of %', 'assumed: home of the provider',
                'named'
            ) AS place_evidence,
            energy_wh,
            c.calls AS calls
        FROM drawn_energy_at(moment = {moment:DateTime64(6, 'UTC')}) AS c
        LEFT JOIN (SELECT provider, cloud_region, source FROM grid_zone FINAL) AS place
            ON place.provider = c.provider AND place.cloud_region = c.cloud_region
        WHERE ts >= {from:DateTime64(9, 'UTC')}
            AND ts < {to:DateTime64(9, 'UTC')}
            AND (empty({tenants:Array(String)})
                OR has({tenants:Array(String)}, if(tenant_id = '', '(unattributed)', tenant_id)))
    )
SELECT
    statement.1 AS evidence,
    statement.2 AS method,
    sum(s.calls) AS calls,
    sum(s.energy_wh) AS energy_wh,
    calls / nullIf((SELECT sum(s.calls) FROM selected AS s), 0) AS call_share,
    energy_wh / nullIf((SELECT sum(energy_wh) FROM selected), 0) AS energy_share
FROM selected AS s
ARRAY JOIN [
    ('energy', energy_evidence),
    ('grid intensity', grid_evidence),
    ('place', place_evidence)
] AS statement
GROUP BY
    evidence,
    method
ORDER BY
    evidence,
    method = 'unknown',
    calls DESC,
    method
