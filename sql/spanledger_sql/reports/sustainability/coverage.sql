-- What the energy and emission figures of a period rest on: how energy was found, how fine the grid data is, and how it
-- is known where calls ran.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
--   tenants Array(String): whose calls; empty: all
--   own String: a dimension of one's own, as `attribution(name=...)` says it; '' for none
--   own_values Array(String): of which values; empty: all
--   where Array(String): other dimensions that are narrowed, and NAME=VALUE for each of their values; empty: none
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
    by_evidence AS
    (
        SELECT
            provider,
            cloud_region,
            c.zone = '' AS without_place,
            if(c.energy_wh IS NULL OR energy_method = '', 'unknown', energy_method) AS energy_evidence,
            multiIf(
                intensity_g_per_kwh IS NULL, 'unknown',
                intensity_resolution = 'hour', 'hourly',
                intensity_resolution = 'year', 'yearly',
                intensity_resolution = '', 'unknown',
                intensity_resolution
            ) AS grid_evidence,
            sum(c.energy_wh) AS energy_wh,
            sum(c.calls) AS known_calls,
            sum(c.least_calls) AS least_calls
        FROM drawn_hours({{what_is_asked_for}}, grain = 'period', timezone = 'UTC') AS c
        WHERE {{asked_for}}
        GROUP BY
            provider,
            cloud_region,
            without_place,
            energy_evidence,
            grid_evidence
    ),
    with_place AS
    (
        SELECT
            e.*,
            multiIf(
                e.without_place, 'unknown',
                place.source LIKE '%default zone', 'assumed: default zone',
                place.source LIKE '%EcoLogits: data centres of %', 'assumed: home of the provider',
                'named'
            ) AS place_evidence
        FROM by_evidence AS e
        LEFT JOIN (SELECT provider, cloud_region, source FROM grid_zone FINAL) AS place
            ON place.provider = e.provider AND place.cloud_region = e.cloud_region
    ),
    by_method AS
    (
        SELECT
            statement.1 AS evidence,
            statement.2 AS method,
            sum(w.known_calls) AS calls,
            sum(w.least_calls) AS least_calls,
            sum(w.energy_wh) AS energy_wh
        FROM with_place AS w
        ARRAY JOIN [
            ('energy', energy_evidence),
            ('grid intensity', grid_evidence),
            ('place', place_evidence)
        ] AS statement
        GROUP BY
            evidence,
            method
    )
SELECT
    m.evidence AS evidence,
    m.method AS method,
    m.calls AS calls,
    m.energy_wh AS energy_wh,
    m.least_calls / sum(m.least_calls) OVER (PARTITION BY m.evidence) AS call_share,
    m.energy_wh / nullIf(sum(m.energy_wh) OVER (PARTITION BY m.evidence), 0) AS energy_share
FROM by_method AS m
ORDER BY
    evidence,
    method = 'unknown',
    calls DESC,
    method
