-- The date at the end of a model's name, as a pattern: a part of the statements that say {{dated_ending}}, which take a model
-- with its date and without for the same.
'[-@](20\\d{2}-\\d{2}-\\d{2}|20\\d{6})(-v\\d+(:\\d+)?)?$'
