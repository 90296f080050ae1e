-- Whether whoever asked a call `c` did not wait for the end of its answer, as instrumentations and servers name that.
(c.usage_note = 'stream abandoned' OR lower(c.finish_reason) IN ('abort', 'aborted', 'abandoned', 'cancelled', 'canceled'))
