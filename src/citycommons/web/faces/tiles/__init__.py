"""Vector tiles: OGC API Tiles and Styles, TileJSON, and tiles by zoom, column and row."""

from litestar.handlers import HTTPRouteHandler

from citycommons.web.faces.tiles import ogc, xyz


class Tiles:
    """The face `tiles`."""

    def routes(self) -> list[HTTPRouteHandler]:
        """Addresses of tiles, of what describes them, and of styles."""
        return [*xyz.HANDLERS, *ogc.HANDLERS]
