"""`/council` and `/value`: what is proven, for those who decide and for everybody."""

from citycommons.web.council import pages, peers, value

HANDLERS = [*pages.HANDLERS, *value.HANDLERS, *peers.HANDLERS]
