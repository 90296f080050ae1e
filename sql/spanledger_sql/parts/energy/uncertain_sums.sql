-- What a report sums of `expected` (`e`), by its own dimensions, for `interval`: the expected sums, and the variance of each
-- times the square of it, by cause. A term adds up over the groups that share it, and its square over those that do not.
-- serving: batch and load; meters: of measured hosts and own coefficients; calls: the calls' own. by_*: sums over who shares a term, for
-- several terms at once, since the engine plans each aggregate anew.
sumMap([cityHash64(e.of_provider)], [e.spread_wh * e.of_load], [e.spread_wh * e.of_overhead], [e.spread_g * e.of_load],
       [e.spread_g * e.of_overhead]) AS by_provider,
sumMap([cityHash64(e.of_provider, e.of_entry)], [e.spread_wh * e.of_deployment], [e.spread_g * e.of_deployment])
    AS by_deployment,
sumMap([cityHash64(e.of_entry)], [e.spread_wh * e.of_parameters], [e.spread_wh * e.of_meter], [e.spread_g * e.of_parameters],
       [e.spread_g * e.of_meter]) AS by_entry,
sum(e.expected_wh) AS expected_wh,
pow(sum(e.spread_wh * e.of_method), 2) AS wh_method,
pow(sum(e.spread_wh * e.of_input), 2) AS wh_input,
arraySum(x -> x * x, by_provider.2) + arraySum(x -> x * x, by_deployment.2) AS wh_serving,
arraySum(x -> x * x, by_provider.3) AS wh_overhead,
arraySum(x -> x * x, by_entry.2) AS wh_model,
arraySum(x -> x * x, by_entry.3) AS wh_meters,
sum(pow(e.expected_wh * e.of_own, 2) * ifNull(e.group_wh_squared / nullIf(pow(e.group_wh, 2), 0), 0)) AS wh_calls,
sum(e.expected_g) AS expected_g,
pow(sum(e.spread_g * e.of_method), 2) AS g_method,
pow(sum(e.spread_g * e.of_input), 2) AS g_input,
arraySum(x -> x * x, by_provider.4) + arraySum(x -> x * x, by_deployment.3) AS g_serving,
arraySum(x -> x * x, by_provider.5) AS g_overhead,
arraySum(x -> x * x, by_entry.4) AS g_model,
arraySum(x -> x * x, by_entry.5) AS g_meters,
arraySum(x -> x * x, sumMap([cityHash64(e.of_zone)], [e.expected_g * e.of_grid]).2) AS g_grid,
sum(pow(e.expected_g * e.of_own, 2) * ifNull(e.group_g_squared / nullIf(pow(e.group_g, 2), 0), 0)) AS g_calls,
sum(e.group_wh) AS energy_wh,
sum(e.group_wh_least) AS energy_wh_least,
sum(e.group_wh_most) AS energy_wh_most,
sum(e.group_g) AS co2e_g,
sum(e.group_g_least) AS co2e_g_least,
sum(e.group_g_most) AS co2e_g_most
