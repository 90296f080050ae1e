-- A commitment in another currency: what its file says, and the USD that one unit was worth on its first day. `amount` stays in USD.
ALTER TABLE commitment
    ADD COLUMN currency LowCardinality(String) DEFAULT 'USD',
    ADD COLUMN given_amount Decimal(38, 12) DEFAULT amount,
    ADD COLUMN exchange_rate Decimal(38, 22) DEFAULT 1;
