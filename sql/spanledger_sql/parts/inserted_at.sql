-- When an insert was, the same for all of its rows: a part of the views that say {{inserted_at}}.
if(match(getSetting('log_comment'), '^[0-9]{16}/'),
   fromUnixTimestamp64Micro(toInt64OrZero(splitByChar('/', getSetting('log_comment'))[1]), 'UTC'), now64(6, 'UTC'))
