-- Which of user, session and run, which sums do not tell apart, a row of the ledger names: 1, 2 and 4, added up.
toUInt8((user_id != '') + 2 * (session_id != '') + 4 * (run_id != ''))
