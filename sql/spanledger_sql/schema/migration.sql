-- What was applied of the schema, by file. Made before anything else.
CREATE TABLE IF NOT EXISTS migration
(
    name String COMMENT 'the file, by its path below spanledger_sql',
    checksum String COMMENT 'SHA-256 of the file, hex; of a view: of the tables'' files as well',
    statements UInt32 COMMENT 'how many of its statements have run',
    finished UInt8 COMMENT '1: all of them',
    step UInt64 COMMENT 'counts the notes on the file: the one with the highest holds',
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'when the note was written, UTC'
)
ENGINE = ReplacingMergeTree(step)
ORDER BY name
