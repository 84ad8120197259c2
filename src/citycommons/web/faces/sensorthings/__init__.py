"""SensorThings API 1.1, reading: every dataset that is a time series, under one service.

References
----------
OGC 18-088, SensorThings API Part 1: Sensing 1.1.
"""

from litestar.handlers import HTTPRouteHandler

from citycommons.web.faces.sensorthings.door import HANDLERS


class SensorThings:
    """The face `sensorthings`: `/sensorthings/v1.1`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """The service, and everything below it."""
        return HANDLERS
