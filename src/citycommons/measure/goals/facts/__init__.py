"""Data of the ledger: unit values with their sources, and templates to start from."""
