"""Names of the span attributes that Spanledger writes and reads.

The `gen_ai.*`, `error.*`, `server.*`, `cloud.*` and `deployment.*` names are those of the OpenTelemetry semantic
conventions; `tenant.id`, `user.id` and `session.id` are what instrumentations already agree on. What no convention
names lives under `spanledger.`.
"""

from typing import Final

# The call: what was asked of whom.
OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
REQUEST_STREAM: Final = "gen_ai.request.stream"
SERVER_ADDRESS: Final = "server.address"
CLOUD_PROVIDER: Final = "cloud.provider"
CLOUD_REGION: Final = "cloud.region"

# The answer.
RESPONSE_MODEL: Final = "gen_ai.response.model"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"  # array of strings
RESPONSE_TIME_TO_FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"  # seconds
SERVICE_TIER: Final = "spanledger.service_tier"
SPEED: Final = "spanledger.speed"  # such as "fast", where a provider charges by it
INFERENCE_GEO: Final = "spanledger.inference_geo"  # where a provider promised to run the model, and charges for it
OUTCOME: Final = "spanledger.outcome"  # of a stream: OUTCOME_COMPLETE or OUTCOME_ABANDONED
OUTCOME_COMPLETE: Final = "complete"
OUTCOME_ABANDONED: Final = "abandoned"
ERROR_TYPE: Final = "error.type"
HTTP_STATUS_CODE: Final = "http.response.status_code"
ATTEMPTS: Final = "spanledger.attempts"  # how many requests the SDK made for the call, where more than one
FAILED_ATTEMPT_EVENT: Final = "spanledger.failed_attempt"  # a span event, with ATTEMPT and HTTP_STATUS_CODE
ATTEMPT: Final = "spanledger.attempt"  # the attempt's number, from 1

# What the span is in the ledger.
ROLE: Final = "spanledger.role"
ROLE_CONTEXT: Final = "context"  # a span around calls that report for themselves; it is no call

# Tokens.
USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"  # the whole prompt, cached tokens included
USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"  # reasoning included
USAGE_CACHE_READ_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
USAGE_CACHE_WRITE_TOKENS: Final = "gen_ai.usage.cache_write.input_tokens"  # all lifetimes
USAGE_CACHE_WRITE_1H_TOKENS: Final = "spanledger.usage.cache_write_1h.input_tokens"  # of which kept for an hour
USAGE_REASONING_TOKENS: Final = "gen_ai.usage.reasoning.output_tokens"
USAGE_INPUT_AUDIO_TOKENS: Final = "spanledger.usage.audio.input_tokens"  # of the input
USAGE_OUTPUT_AUDIO_TOKENS: Final = "spanledger.usage.audio.output_tokens"  # of the output
USAGE_CACHE_READ_AUDIO_TOKENS: Final = "spanledger.usage.audio.cache_read.input_tokens"  # of those read from the cache
USAGE_INPUT_IMAGE_TOKENS: Final = "spanledger.usage.image.input_tokens"  # of the input
USAGE_OUTPUT_IMAGE_TOKENS: Final = "spanledger.usage.image.output_tokens"  # of the output
USAGE_CACHE_READ_IMAGE_TOKENS: Final = "spanledger.usage.image.cache_read.input_tokens"  # of those read from the cache
USAGE_INPUT_VIDEO_TOKENS: Final = "spanledger.usage.video.input_tokens"  # of the input
USAGE_CITATION_TOKENS: Final = "spanledger.usage.citation.input_tokens"  # of the input: what was read to be cited
USAGE_WEB_SEARCHES: Final = "spanledger.usage.web_searches"
USAGE_OTHER_UNITS: Final = "spanledger.usage.other_units"  # array of strings, such as "2 file_search_call"
USAGE_REPORTED_COST: Final = "spanledger.usage.reported_cost"  # USD, by the provider's or gateway's own reckoning
USAGE_NOTE: Final = "spanledger.usage.note"  # what had to be decided to bring the counts to one meaning
OTHER_MODELS: Final = "spanledger.other_models"  # never sent: what other models used; spans of their own tell it
BATCH: Final = "spanledger.batch"  # whether it was called through the provider's batch interface

# Use of a vendor's service that is no LLM.
VENDOR: Final = "spanledger.vendor.name"
VENDOR_UNIT: Final = "spanledger.vendor.unit"  # such as "search", "page", "audio_second"
VENDOR_QUANTITY: Final = "spanledger.vendor.quantity"
VENDOR_SERVICE: Final = "spanledger.vendor.service"
OPERATION_VENDOR_USAGE: Final = "vendor_usage"  # of OPERATION_NAME

# What came of the work that calls were made for.
OPERATION_OUTCOME: Final = "outcome"  # of OPERATION_NAME
OUTCOME_NAME: Final = "spanledger.outcome.name"
OUTCOME_GOOD: Final = "spanledger.outcome.good"
OUTCOME_LABEL: Final = "spanledger.outcome.label"
OUTCOME_SCORE: Final = "spanledger.outcome.score"
OUTCOME_REVENUE_USD: Final = "spanledger.outcome.revenue_usd"

# Measured energy of a host over the time of the span, in Wh at the host: without the data centre's overhead (PUE).
OPERATION_ENERGY_SAMPLE: Final = "energy_sample"  # of OPERATION_NAME
ENERGY_WH: Final = "spanledger.energy.wh"
ENERGY_CPU_WH: Final = "spanledger.energy.cpu_wh"
ENERGY_GPU_WH: Final = "spanledger.energy.gpu_wh"
ENERGY_RAM_WH: Final = "spanledger.energy.ram_wh"
ENERGY_CPU_SOURCE: Final = "spanledger.energy.cpu_source"  # "rapl", "powermetrics", ... or "estimate"
ENERGY_GPU_SOURCE: Final = "spanledger.energy.gpu_source"  # "nvml", "amdsmi" or "none"
ENERGY_RAM_SOURCE: Final = "spanledger.energy.ram_source"
HOST_NAME: Final = "host.name"

# Attribution: who made the call, and for what.
TENANT_ID: Final = "tenant.id"
USER_ID: Final = "user.id"
SESSION_ID: Final = "session.id"
FEATURE: Final = "spanledger.feature"
WORKFLOW: Final = "spanledger.workflow"
RUN_ID: Final = "spanledger.run_id"
COST_CENTER: Final = "spanledger.cost_center"
FROM_BAGGAGE: Final = "spanledger.from_baggage"  # names of the attributes that another service claimed in baggage
ENVIRONMENT: Final = "deployment.environment.name"
DIMENSION_PREFIX: Final = "spanledger.dimension."

COUNTS: Final = frozenset({USAGE_INPUT_TOKENS, USAGE_OUTPUT_TOKENS, VENDOR_QUANTITY})
"""Those that say how much was used: what tells none of them tells no usage."""
