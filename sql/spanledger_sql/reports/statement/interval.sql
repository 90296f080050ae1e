-- How uncertain a period's sums are, and through what.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   energy_wh_low, energy_wh_high: 90 % interval of the energy of its calls and idle metered hosts, Wh at the facility
--   co2e_g_low, co2e_g_high: 90 % interval of their location-based emissions, gCO2e
--   co2e_factor: how many times the interval's middle its high is, and is the middle its low
--   method_variance, serving_variance, model_variance, input_variance, overhead_variance, meters_variance,
--     grid_variance, calls_variance: parts of the variance of the emissions' logarithm by cause, 0 to 1
WITH
    groups AS
    (
        SELECT
            {{group_sums}}
        FROM drawn_hours({{what_is_of_the_period}}) AS c
        WHERE c.ts >= {from:DateTime64(9, 'UTC')}
            AND c.ts < {to:DateTime64(9, 'UTC')}
        GROUP BY ALL
    ),
    {{expected_groups}},
    summed AS
    (
        SELECT
            {{uncertain_sums}}
        FROM expected AS e
    ),
    {{interval}}
SELECT
    wh_low AS energy_wh_low,
    wh_high AS energy_wh_high,
    g_low AS co2e_g_low,
    g_high AS co2e_g_high,
    if(g_sigma > 0, g_factor, NULL) AS co2e_factor,
    g_method / nullIf(g_all, 0) AS method_variance,
    g_serving / nullIf(g_all, 0) AS serving_variance,
    g_model / nullIf(g_all, 0) AS model_variance,
    g_input / nullIf(g_all, 0) AS input_variance,
    g_overhead / nullIf(g_all, 0) AS overhead_variance,
    g_meters / nullIf(g_all, 0) AS meters_variance,
    g_grid / nullIf(g_all, 0) AS grid_variance,
    g_calls / nullIf(g_all, 0) AS calls_variance
FROM summed
