-- Says of the calls that were set aside that they wait no longer, which is what a worker looks for.
INSERT INTO set_aside
SELECT * REPLACE (0 AS waiting, version + 1 AS version)
FROM set_aside FINAL
WHERE waiting = 1
