"""Road works: forecasts and measurements beside peers, and beside the truth."""
