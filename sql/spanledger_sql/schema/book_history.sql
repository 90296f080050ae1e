-- What was said of contract books, commitments, budgets, charges and bills, and taken back: their own tables keep the last word only.

-- One import, change or removal.
CREATE TABLE IF NOT EXISTS book_history
(
    at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when it was said, UTC',
    kind LowCardinality(String) COMMENT '`price book`, `commitment`, `budget`, `charge` or `bill`',
    name String COMMENT 'of the book, commitment, budget, charge or bill',
    done LowCardinality(String) COMMENT '`imported`, `changed` or `removed`',
    source String COMMENT 'the file that says so; of a removal the one that had said it',
    said String COMMENT 'all that it says, as JSON' CODEC(ZSTD(6))
)
ENGINE = MergeTree
ORDER BY (kind, name, at);
