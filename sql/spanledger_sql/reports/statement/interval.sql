-- How uncertain a period's sums are, through what, and of which groups of calls and idle hosts that err alike this follows.
--
-- Parameters:
--   from, to DateTime64(9, 'UTC'): the period, half-open
-- Columns:
--   energy_wh_low, energy_wh_high: 90 % interval of the energy of its calls and idle metered hosts, Wh at the facility
--   co2e_g_low, co2e_g_high: 90 % interval of their location-based emissions, gCO2e
--   co2e_factor: how many times the interval's middle its high is, and is the middle its low
--   method_variance, serving_variance, model_variance, input_variance, overhead_variance, meters_variance,
--     grid_variance, calls_variance: parts of the variance of the emissions' logarithm by cause, 0 to 1
--   groups: a tuple for each group whose energy is known, by energy entry, provider, zone and resolution; it holds
--     energy_id: the energy entry, or the metered host; provider: who answered; zone, intensity_resolution: of the grid;
--     calls: counted ones whose energy is known; energy_wh, co2e_g: sums of what is known, Wh at the facility and gCO2e;
--     energy_wh_squared, co2e_g_squared: the sums of the calls' squares; middle_wh, middle_g: what the interval lies
--     around: the sum, or, where the ends are all there is to go by, their geometric middle; standard deviations of a
--     logarithm: input_sigma: of the energy of input, times its share of the group's energy; parameters_sigma: of not
--     knowing the model's parameters; grid_sigma: of intensities that are not of the hour; meters_sigma: of measured
--     hosts and own coefficients, from the ends of their bounds; paid_wh: more than this their list price cannot have
--     paid for, Wh; NULL where it is not known of all
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
            arraySort(groupArrayIf(tuple(
                e.of_entry, e.of_provider, e.of_zone, e.of_resolution, e.group_calls, e.group_wh, e.group_g, e.group_wh_squared,
                e.group_g_squared, if(e.from_ends, sqrt(e.group_wh_least * e.group_wh_most), e.group_wh),
                if(e.from_ends, sqrt(e.group_g_least * e.group_g_most), e.group_g), e.of_input, e.of_parameters, e.of_grid,
                e.of_meter, e.paid_wh), e.group_wh IS NOT NULL)) AS groups,
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
    g_calls / nullIf(g_all, 0) AS calls_variance,
    groups
FROM summed
