-- The groups of a period's calls and idle hosts that err alike, with what their part of an interval follows from.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   energy_id: the energy entry, or the metered host
--   provider: who answered
--   zone, intensity_resolution: of the grid
--   calls: counted ones whose energy is known
--   energy_wh: Wh at the facility, sum of what is known
--   co2e_g: location-based, gCO2e, sum of what is known
--   energy_wh_squared, co2e_g_squared: the sums of the calls' squares
--   middle_wh, middle_g: what the interval lies around: the sum, or, where the ends are all there is to go by, their
--     geometric middle, Wh and gCO2e
--   input_sigma: of the energy of input, times its share of the group's energy; standard deviation of a logarithm, as are
--     the following
--   parameters_sigma: of not knowing the model's parameters
--   grid_sigma: of intensities that are not of the hour
--   meters_sigma: of measured hosts and own coefficients, from the ends of their bounds
--   paid_wh: more than this their list price cannot have paid for, Wh; NULL where it is not known of all
WITH
    groups AS
    (
        SELECT
            {{group_sums}}
        FROM drawn_hours({{what_is_of_the_period}}) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
            AND c.energy_wh IS NOT NULL
        GROUP BY ALL
    ),
    {{expected_groups}}
SELECT
    of_entry AS energy_id,
    of_provider AS provider,
    of_zone AS zone,
    of_resolution AS intensity_resolution,
    group_calls AS calls,
    group_wh AS energy_wh,
    group_g AS co2e_g,
    group_wh_squared AS energy_wh_squared,
    group_g_squared AS co2e_g_squared,
    if(from_ends, sqrt(group_wh_least * group_wh_most), group_wh) AS middle_wh,
    if(from_ends, sqrt(group_g_least * group_g_most), group_g) AS middle_g,
    of_input AS input_sigma,
    of_parameters AS parameters_sigma,
    of_grid AS grid_sigma,
    of_meter AS meters_sigma,
    paid_wh
FROM expected
ORDER BY energy_id, provider, zone, intensity_resolution
