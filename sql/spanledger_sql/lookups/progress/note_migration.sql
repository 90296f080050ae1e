-- Notes how much of a file of the schema is applied.
--
-- Parameters:
--   name, checksum String: the file's
--   statements UInt32: how many of its statements have run
--   finished UInt8: 1: all of them
--   step UInt64: one more than that of the note before
INSERT INTO migration (name, checksum, statements, finished, step)
SELECT
    {name:String},
    {checksum:String},
    {statements:UInt32},
    {finished:UInt8},
    {step:UInt64}
