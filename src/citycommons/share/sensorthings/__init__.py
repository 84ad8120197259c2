"""SensorThings API 1.1 over datasets that are time series (OGC 18-088).

`series` says which datasets are and of what, `model` makes their entities once a version,
`request` reads an address, `answer` works it out, `observations` reads rows through `share.rows`.
"""
