-- Whether a row of the ledger names tokens that cannot be believed.
usage_note IN ('not a count', 'a part is not a count', 'zero for unknown', 'counted by the instrumentation', 'input not told',
               'output not told')
