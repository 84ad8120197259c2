"""The face of Socrata's portals: SODA 2.1 to read rows, metadata of views, the Discovery API."""

from typing import Any

from citycommons.web.faces.soda import resource, views


class Soda:
    """What Socrata's clients ask, answered from our datasets."""

    def routes(self) -> list[Any]:
        """Route handlers of rows, then those of descriptions."""
        return [*resource.HANDLERS, *views.HANDLERS]
