"""Alembic reads the versions beside this file; `store.migrate` runs them."""
