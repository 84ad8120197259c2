"""Prove: Usage and Goals become Benefit."""
