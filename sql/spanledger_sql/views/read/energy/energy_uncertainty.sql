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
{{energy_uncertainty_of}};
