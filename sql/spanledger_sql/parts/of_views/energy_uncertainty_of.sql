-- How uncertain the energy of each entry is: what the view `energy_uncertainty` gives, for reports. The engine plans a view that is joined
-- several times.
SELECT
    entry.energy_id AS energy_id,
    terms.method_sigma AS method_sigma,
    terms.input_sigma AS input_sigma,
    terms.provider_sigma AS provider_sigma,
    terms.deployment_sigma AS deployment_sigma,
    terms.overhead_sigma AS overhead_sigma,
    entry.parameters_sigma AS parameters_sigma,
    terms.own_sigma AS own_sigma,
    entry.wh_per_output_token AS wh_per_output_token,
    entry.wh_per_input_token AS wh_per_input_token,
    entry.wh_per_cache_read_token AS wh_per_cache_read_token,
    entry.wh_per_request AS wh_per_request
FROM
(
    SELECT
        energy_id, uncertainty, parameters_sigma, wh_per_output_token, wh_per_input_token, wh_per_cache_read_token,
        wh_per_request
    FROM energy_model FINAL
) AS entry
INNER JOIN
(
    SELECT
        of,
        sumIf(sigma, term = 'method') AS method_sigma,
        sumIf(sigma, term = 'input') AS input_sigma,
        sumIf(sigma, term = 'provider') AS provider_sigma,
        sumIf(sigma, term = 'deployment') AS deployment_sigma,
        sumIf(sigma, term = 'overhead') AS overhead_sigma,
        sumIf(sigma, term = 'own') AS own_sigma
    FROM uncertainty FINAL
    GROUP BY of
) AS terms
    ON terms.of = entry.uncertainty
