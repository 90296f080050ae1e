-- The places where calls of a batch ran that have no grid zone yet.
--
-- Parameters:
--   after, until DateTime64(6, 'UTC'): the batch, by time of ingestion, half-open at the start
-- Columns:
--   provider: who answered
--   cloud_region: as the span names it; '' where it names none
SELECT DISTINCT
    provider,
    cloud_region
FROM llm_spans
WHERE ingested_at > {after:DateTime64(6, 'UTC')}
    AND ingested_at <= {until:DateTime64(6, 'UTC')}
    AND (provider, cloud_region) NOT IN (SELECT provider, cloud_region FROM grid_zone)
