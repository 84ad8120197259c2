"""The face of Opendatasoft's portals: the Explore API 2.1 to read."""

from typing import Any

from citycommons.web.faces.opendatasoft import catalogue, exports, records


class Opendatasoft:
    """What clients of the Explore API ask, answered from our datasets."""

    def routes(self) -> list[Any]:
        """Route handlers of the catalogue, then those of records and exports."""
        return [*catalogue.HANDLERS, *records.HANDLERS, *exports.HANDLERS]
