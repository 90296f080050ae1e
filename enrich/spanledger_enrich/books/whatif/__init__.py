"""What-ifs: recorded calls under other assumptions, recosted by the ledger's own stages."""
