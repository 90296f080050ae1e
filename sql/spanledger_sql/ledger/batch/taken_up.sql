-- Says of the calls that were set aside that they wait no longer, which is what a worker looks for.
INSERT INTO set_aside
SELECT aside.* REPLACE (0 AS waiting, aside.version + 1 AS version)
FROM set_aside AS aside FINAL
WHERE aside.waiting = 1
