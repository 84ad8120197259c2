"""Bring: a Source becomes Parcels, through connectors."""
