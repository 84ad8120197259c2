"""OGC API below `/ogc`: Features with other reference systems and CQL2 filters, and Records.

References
----------
OGC 17-069r4, 18-058r1, 19-079r2, 21-065r2, 20-004r1.
"""

from litestar import Router

from citycommons.web.errors import in_form
from citycommons.web.faces.ogc import begin, collections, items, records
from citycommons.web.faces.ogc.answers import ROOT, told


class OgcApi:
    """The face `ogc`."""

    def routes(self) -> list[Router]:
        """One router, whose errors are OGC exceptions."""
        handlers = [*begin.HANDLERS, *collections.HANDLERS, *items.HANDLERS]
        handlers += records.HANDLERS
        return [Router(ROOT, route_handlers=handlers, exception_handlers=in_form(told))]
