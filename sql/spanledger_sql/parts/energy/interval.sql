-- 90 % intervals of sums, of energy (wh_*) and of emissions (g_*), from the columns of `uncertain_sums`.
-- *_low, *_high: the ends. *_factor: how many times the middle is the high, and is the low less. g_because: the largest
-- parts of the variance, in words.
-- The logarithm of a sum is taken for normal about the one that gives the expected sum; its variance is that of the groups'
-- logarithms, each weighed by its part of the expected sum.
(wh_method + wh_serving + wh_model + wh_input + wh_overhead + wh_meters + wh_calls) AS wh_all,
sqrt(wh_all) / nullIf(expected_wh, 0) AS wh_sigma,
-- Of nothing but zeros the interval is zero; of nothing that is known it is unknown.
ifNull(exp(log(nullIf(expected_wh, 0)) - pow(wh_sigma, 2) / 2), energy_wh * 0) AS wh_middle,
exp(1.645 * ifNull(wh_sigma, 0)) AS wh_factor,
wh_middle / wh_factor AS wh_low,
wh_middle * wh_factor AS wh_high,
(g_method + g_serving + g_model + g_input + g_overhead + g_meters + g_calls + g_grid) AS g_all,
sqrt(g_all) / nullIf(expected_g, 0) AS g_sigma,
-- Of nothing but zeros the interval is zero; of nothing that is known it is unknown.
ifNull(exp(log(nullIf(expected_g, 0)) - pow(g_sigma, 2) / 2), co2e_g * 0) AS g_middle,
exp(1.645 * ifNull(g_sigma, 0)) AS g_factor,
g_middle / g_factor AS g_low,
g_middle * g_factor AS g_high,
arrayStringConcat(arrayMap(part -> concat(part.1, ' ', toString(round(100 * part.2 / g_all)), ' %'), arraySlice(
    arrayReverseSort(part -> part.2, arrayFilter(part -> part.2 >= 0.05 * g_all AND part.2 > 0, [
        ('method', g_method), ('serving', g_serving), ('model', g_model), ('input', g_input), ('overhead', g_overhead),
        ('meters', g_meters), ('grid', g_grid), ('single calls', g_calls)])), 1, 3)), ', ') AS g_because
