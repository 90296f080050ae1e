-- How uncertain the energy of each entry is, term by term: standard deviations of its logarithm. Entries of one's own are
-- not here: their bounds are a 90 % interval as they stand, as are those of measured hosts.
--
-- Columns:
--   energy_id: as in `energy_model`
--   method_sigma: of the method, shared by all calls
--   input_sigma: of the energy of input, shared by all calls, by their share of input
--   provider_sigma: of batch and load, shared by the calls at a provider
--   deployment_sigma: of batch and load, shared by the calls of the entry at a provider
--   overhead_sigma: from the GPU to the facility, shared by the calls at a provider
--   parameters_sigma: of not knowing the model's parameters, shared by the entry's calls
--   own_sigma: of the call's own
--   wh_per_output_token, wh_per_input_token, wh_per_cache_read_token, wh_per_request: as in `energy_model`
-- Needs: energy_model, uncertainty

CREATE OR REPLACE VIEW energy_uncertainty AS
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
FROM (SELECT * FROM energy_model FINAL) AS entry
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
    ON terms.of = entry.uncertainty;
