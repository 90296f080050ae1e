-- What the names of models mean that calls report.

-- Which price entry and which energy entry a reported (provider, request model, response model) means.
CREATE TABLE IF NOT EXISTS model_resolution
(
    provider LowCardinality(String) COMMENT 'as the call reports it',
    request_model LowCardinality(String) COMMENT 'as the call reports it',
    response_model LowCardinality(String) COMMENT 'as the call reports it',
    price_provider LowCardinality(String) COMMENT 'of the rows of price_list that price it; empty: none found',
    price_model String COMMENT 'of the rows of price_list that price it; empty: none found',
    energy_id String COMMENT 'the row of energy_model; empty: none found',
    note String COMMENT 'why none was found, or what was assumed',
    resolved_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when that was found, UTC',
    free UInt8 COMMENT '1: the user declared it free',
    standard_only UInt8 COMMENT '1: another provider''s price stands in, of which only the standard service tier is known',
    seller LowCardinality(String) COMMENT 'who charges for the call, whose contracts apply'
)
ENGINE = ReplacingMergeTree(resolved_at)
ORDER BY (provider, request_model, response_model);

-- What a user says a reported model is: the model of a price book that prices it, or free.
CREATE TABLE IF NOT EXISTS model_alias
(
    provider LowCardinality(String) COMMENT 'as calls report it; empty: the name means the same at every provider',
    model String COMMENT 'as calls report it',
    price_provider LowCardinality(String) COMMENT 'of the rows of price_list that price it',
    price_model String COMMENT 'of the rows of price_list that price it',
    free UInt8 COMMENT '1: its calls cost nothing',
    deleted UInt8 COMMENT '1: the alias is no longer in force',
    set_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was set, UTC'
)
ENGINE = ReplacingMergeTree(set_at)
ORDER BY (provider, model);
