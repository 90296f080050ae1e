-- Whether the spans of a row of the ledger name another tenant than the one that their sender's token is for.
startsWith(tenant_source, 'token over ')
