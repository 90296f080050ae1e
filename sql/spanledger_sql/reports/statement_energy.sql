-- By which method and entry the energy of a period's calls was got.
-- Parameters: from, to DateTime64(9, 'UTC'): the half-open period.
-- Columns: energy_method; energy_id: '' where unknown; source: of the coefficients; calls; energy_wh: sum of what
--     is known; then the coefficients in force now, with their bounds: Wh (PUE included) and gCO2e embodied per token and
--     per request, and what else the entries hold.
SELECT
    used.energy_method AS energy_method,
    used.energy_id AS energy_id,
    ifNull(entry.source, '') AS source,
    used.calls AS calls,
    used.energy_wh AS energy_wh,
    entry.* EXCEPT (energy_id, source)
FROM
(
    SELECT
        energy_method,
        if(c.energy_wh IS NULL, '', c.energy_id) AS energy_id,
        count() AS calls,
        toFloat64(sum(toDecimal128(c.energy_wh, 12))) AS energy_wh
    FROM calls AS c
    WHERE c.ts >= {from:DateTime64(9, 'UTC')}
        AND c.ts < {to:DateTime64(9, 'UTC')}
    GROUP BY energy_method, energy_id
) AS used
LEFT JOIN
(
    SELECT energy_id, source, COLUMNS('^(wh|embodied_g|seconds|l)_per_|^pue')
    FROM energy_model FINAL
) AS entry
    ON entry.energy_id = used.energy_id
ORDER BY energy_method, energy_id
