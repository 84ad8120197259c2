"""Vector tiles: OGC API Tiles and Styles, TileJSON, and tiles by zoom, column and row."""

from citycommons.web.faces import Routes
from citycommons.web.faces.tiles import ogc, xyz


class Tiles:
    """The face `tiles`."""

    def routes(self) -> list[Routes]:
        return [*xyz.HANDLERS, *ogc.HANDLERS]
