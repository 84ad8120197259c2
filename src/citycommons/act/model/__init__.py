"""The traffic model of a city: network, demand and base flows, made from published versions.

`build.build(work)` makes one, `kept.keep(work, model)` keeps it, `kept.latest(work)` and
`kept.get(work, id)` bring it back. Every city with streets (or junctions), areas with inhabitants
and, better, counts has one; the teaching city too, which needs no download:
`citycommons demo --city ideal --once --home HOME`, then
`citycommons roadworks model build --home HOME`.
"""
