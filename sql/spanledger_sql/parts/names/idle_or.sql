-- What a dimension of a row of `drawn_energy` is called: what idle metered hosts drew has no model, provider or feature.
((operation, value) -> if(operation = 'idle' AND value = '', '(idle)', value)) AS idle_or
