-- In which thread of calls, each with the prompt of that before and more, a row of the ledger may be; 0: in none.
if(status = 'ok' AND granularity = 'call' AND (session_id != '' OR run_id != ''),
   cityHash64(cityHash64(tenant_id), if(session_id != '', session_id, run_id), cityHash64(provider), cityHash64(request_model)), 0)
