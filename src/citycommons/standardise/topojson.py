"""TopoJSON: shapes that share their arcs."""

import re

from citycommons.standardise.formats import Source
from citycommons.standardise.vector import Vector


class TopoJson(Vector):
    """TopoJSON; each object of the topology is a layer."""

    driver = "TopoJSON"

    def recognises(self, source: Source) -> float:
        start = source.head.lstrip(b"\xef\xbb\xbf \t\r\n")
        is_topology = re.search(rb'"type"\s*:\s*"Topology"', start)
        return 0.97 if start.startswith(b"{") and is_topology else 0.0
