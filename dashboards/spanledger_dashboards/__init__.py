"""The dashboards for finance and sustainability: a Streamlit app over the ledger."""
