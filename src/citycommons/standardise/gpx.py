"""GPX: waypoints, routes and tracks of satellite receivers."""

import re

from citycommons.standardise.formats import Source
from citycommons.standardise.vector import Vector


class Gpx(Vector):
    """GPX 1.0 and 1.1; layers waypoints, routes, tracks, route_points and track_points."""

    driver = "GPX"
    is_typed = True

    def recognises(self, source: Source) -> float:
        return 1.0 if re.search(rb"<(?:\w+:)?gpx[\s>]", source.head[:4096]) else 0.0
