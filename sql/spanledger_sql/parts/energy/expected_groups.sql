-- Steps from `groups`, whose calls err alike (their columns are those of `group_sums` and the report's own), to `expected`,
-- the same with what each adds to an expected sum, and how uncertain it is by cause (of_*: standard deviations of logarithms).
spread_groups AS
(
    SELECT
        g.*,
        u.energy_id IS NULL AND g.group_wh_least > 0 AS from_ends,
        ifNull(u.method_sigma, 0) AS of_method,
        ifNull(u.provider_sigma, 0) AS of_load,
        ifNull(u.deployment_sigma, 0) AS of_deployment,
        ifNull(u.overhead_sigma, 0) AS of_overhead,
        ifNull(u.parameters_sigma, 0) AS of_parameters,
        ifNull(u.own_sigma, 0) AS of_own,
        ifNull(grid.sigma, 0) AS of_grid,
        -- Input counts by its share of the energy.
        u.wh_per_input_token * g.group_uncached + u.wh_per_cache_read_token * g.group_cached AS wh_of_input,
        ifNull(u.input_sigma * wh_of_input / nullIf(
            wh_of_input + u.wh_per_output_token * g.group_output + u.wh_per_request * g.group_calls, 0), 0) AS of_input,
        -- What has no terms (own coefficients, measured hosts) has its bounds as an interval.
        if(from_ends, log(g.group_wh_most / g.group_wh_least) / 3.29, 0) AS of_meter,
        -- Energy that the calls' price cannot have paid for is ruled out: of what they share, for they pay together.
        if(u.energy_id IS NULL, NULL, g.group_usd) * (SELECT max(high) FROM uncertainty FINAL WHERE of = 'price') AS paid_wh
    FROM groups AS g
    LEFT JOIN ({{energy_uncertainty_of}}) AS u
        ON u.energy_id = g.of_entry
    LEFT JOIN (SELECT term, sigma FROM uncertainty FINAL WHERE of = 'grid') AS grid
        ON grid.term = g.of_resolution
),
shared_groups AS
(
    SELECT
        *,
        pow(of_method, 2) + pow(of_input, 2) + pow(of_load, 2) + pow(of_deployment, 2) + pow(of_overhead, 2)
            + pow(of_parameters, 2) + pow(of_meter, 2) AS of_shared,
        if(of_shared > 0 AND paid_wh > 0 AND group_wh > 0,
           greatest(-3, log(paid_wh / group_wh) / sqrt(of_shared)), 9) AS paid_at
    FROM spread_groups
),
-- What is left of a normal distribution below a point has a lower mean and less variance.
paid_groups AS
(
    SELECT
        *,
        exp(-pow(paid_at, 2) / 2) / sqrt(2 * pi()) / (erfc(-paid_at / sqrt(2)) / 2) AS ruled_out,
        exp(-sqrt(of_shared) * ruled_out) AS lowered,
        1 - paid_at * ruled_out - pow(ruled_out, 2) AS kept
    FROM shared_groups
),
expected AS
(
    SELECT
        *,
        ifNull(if(from_ends, sqrt(group_wh_least * group_wh_most), group_wh) * lowered
            * exp((kept * of_shared + pow(of_own, 2)) / 2), 0) AS expected_wh,
        ifNull(if(from_ends, sqrt(group_g_least * group_g_most), group_g) * lowered
            * exp((kept * of_shared + pow(of_own, 2) + pow(of_grid, 2)) / 2), 0) AS expected_g,
        expected_wh * sqrt(kept) AS spread_wh,
        expected_g * sqrt(kept) AS spread_g
    FROM paid_groups
)
