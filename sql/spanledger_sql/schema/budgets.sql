-- Budgets, what was foretold of them, and alarms with their delivery.

-- One budget as it was said last; `book_history` has what was said before.
CREATE TABLE IF NOT EXISTS budget
(
    budget_id String COMMENT 'the budget',
    scope LowCardinality(String) COMMENT 'what it is for: `total`, `tenant`, `feature`, `cost_center`, `model` or `dimension`',
    dimension String COMMENT 'of `dimension`: its name, as `attribution(name=...)` says it',
    tenant_id LowCardinality(String) COMMENT 'of `tenant`: whose it is',
    name String COMMENT 'the feature, cost centre, model or value of the dimension; of `total` and `tenant` empty',
    unit LowCardinality(String) COMMENT '`usd`, `tokens` or `kgco2e`',
    amount Decimal(38, 12) COMMENT 'what may be used in each period, in its unit',
    every LowCardinality(String) COMMENT 'the period: `day`, `month` or `year`',
    timezone LowCardinality(String) COMMENT 'at whose midnights periods begin',
    thresholds Array(Decimal(9, 4)) COMMENT 'percent of the amount at which an alarm is raised, ascending',
    source String COMMENT 'the file that says so',
    removed UInt8 COMMENT '1: it was taken back',
    said_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was said, UTC'
)
ENGINE = ReplacingMergeTree(said_at)
ORDER BY budget_id;

-- What was foretold of a budget's period on a day: the first word of each day stays, to be held against what came.
CREATE TABLE IF NOT EXISTS budget_forecast
(
    budget_id String COMMENT 'the budget',
    begins DateTime('UTC') COMMENT 'when the period begins, UTC',
    ends DateTime('UTC') COMMENT 'when it ends, UTC, exclusive',
    made_on Date COMMENT 'the local day on which it was foretold',
    method LowCardinality(String) COMMENT '`mean`, `last week` or `theta`',
    total Decimal(38, 12) COMMENT 'what the whole period would come to, in the budget''s unit',
    low Decimal(38, 12) COMMENT 'lower end of its 80 % interval',
    high Decimal(38, 12) COMMENT 'upper end of its 80 % interval',
    made_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when, UTC'
)
ENGINE = ReplacingMergeTree(made_at)
ORDER BY (budget_id, begins, made_on);

-- One alarm. Its key says what it is, so that the same alarm is one row whoever raises it, and however often.
CREATE TABLE IF NOT EXISTS alarm
(
    alarm_key String COMMENT 'SHA-256 of kind, subject and beginning, in hex',
    kind LowCardinality(String) COMMENT '`threshold`, `forecast`, `runaway`, `loop` or `retries`',
    budget_id String COMMENT 'of `threshold` and `forecast`: the budget',
    tenant_id LowCardinality(String) COMMENT 'whose calls; empty where not one tenant''s',
    run_id String COMMENT 'of `loop`: the run',
    begins DateTime('UTC') COMMENT 'when the period or what is alarming began, UTC',
    ends DateTime('UTC') COMMENT 'when the period ends, or until when it was seen, UTC, exclusive',
    unit LowCardinality(String) COMMENT 'of the next two: `usd`, `tokens`, `kgco2e` or `calls`',
    reached Decimal(38, 12) COMMENT 'what was used, is foretold, or was counted',
    bound Decimal(38, 12) COMMENT 'what was to be kept to, or was to be expected',
    percent Decimal(9, 4) COMMENT 'of `threshold`: which; 0 else',
    noticed_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was raised, UTC'
)
ENGINE = ReplacingMergeTree(noticed_at)
ORDER BY alarm_key;

-- How far an alarm has come on a channel. A row that says it is delivered is written after the receiver said so.
CREATE TABLE IF NOT EXISTS alarm_delivery
(
    alarm_key String COMMENT 'the alarm',
    channel LowCardinality(String) COMMENT '`webhook`, `slack` or `email`',
    delivered UInt8 COMMENT '1: the receiver took it',
    attempts UInt32 COMMENT 'how often it was tried',
    turn UInt32 COMMENT 'the last turn of `alarm_turn` that came to its end',
    unsure UInt8 COMMENT '1: it may have been taken although no answer came',
    problem String COMMENT 'why the last attempt failed; empty: it did not',
    at DateTime64(6, 'UTC') COMMENT 'of the last attempt, UTC'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (alarm_key, channel);

-- Whose turn it is to send an alarm on a channel: of several processes the first has it. A turn of which `alarm_delivery` does not
-- say the end is at work, or whoever had it was killed.
CREATE TABLE IF NOT EXISTS alarm_turn
(
    alarm_key String COMMENT 'the alarm',
    channel LowCardinality(String) COMMENT 'as in `alarm_delivery`',
    turn UInt32 COMMENT 'counts them',
    owner String COMMENT 'who has it: host, process and a number of its own',
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was taken, UTC'
)
ENGINE = MergeTree
ORDER BY (alarm_key, channel, turn)
SETTINGS non_replicated_deduplication_window = 10000;
