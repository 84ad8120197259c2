"""Filters and computed columns as other systems' languages say them: one tree, one way into SQL."""
