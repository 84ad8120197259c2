"""Recipes that make Münster's deliveries mean the same: parcels in, one described table out.

A recipe is a pure function. It takes the parcels of each source by the source's id in the manifest,
and gives the table with every documented fault flagged, never dropped.
"""
