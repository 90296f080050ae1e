-- What a span said beyond tokens and models, why its usage may not be believed, and which of several reports of one
-- call counts.

-- usage_note: why usage that was there is not believed, '' where it is; the claimed counts are what it said.
-- web_searches: what the provider bills by search. attempts: requests that the SDK made for the call, 0 where unsaid.
-- vendor_*: use of a service that is no LLM. attribution_raw: attributes that may tell whose call it was, as they came,
-- those of the resource with "resource." before their names.
ALTER TABLE llm_spans
    ADD COLUMN usage_note LowCardinality(String),
    ADD COLUMN claimed_input_tokens UInt64,
    ADD COLUMN claimed_output_tokens UInt64,
    ADD COLUMN input_audio_tokens UInt64,
    ADD COLUMN output_audio_tokens UInt64,
    ADD COLUMN web_searches UInt32,
    ADD COLUMN vendor_unit LowCardinality(String),
    ADD COLUMN vendor_quantity Decimal(18, 6),
    ADD COLUMN speed LowCardinality(String),
    ADD COLUMN provider_account LowCardinality(String),
    ADD COLUMN host_name LowCardinality(String),
    ADD COLUMN attempts UInt16,
    ADD COLUMN attribution_raw Map(LowCardinality(String), String) CODEC(ZSTD(1));

ALTER TABLE ledger
    ADD COLUMN usage_note LowCardinality(String),
    ADD COLUMN input_audio_tokens UInt64,
    ADD COLUMN output_audio_tokens UInt64,
    ADD COLUMN web_searches UInt32,
    ADD COLUMN vendor_unit LowCardinality(String),
    ADD COLUMN vendor_quantity Decimal(18, 6),
    ADD COLUMN speed LowCardinality(String),
    ADD COLUMN provider_account LowCardinality(String),
    ADD COLUMN host_name LowCardinality(String),
    ADD COLUMN scope_name LowCardinality(String);
