"""Use at other portals: copies announced and verified, their counts asked for, signed, replaced.

The protocol is told in `docs/value/republication.md`.
"""
