-- What a row of the ledger has in common with a call that is made again; 0 of one without a session.
if(session_id != '', cityHash64(session_id, run_id, cityHash64(provider), cityHash64(request_model), input_tokens), 0)
