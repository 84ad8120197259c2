"""Tiles by zoom, column and row, and their TileJSON."""

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.govern.access import Action
from citycommons.share import tiles
from citycommons.share.tiles import described
from citycommons.web.addresses import parse_name
from citycommons.web.faces.tiles.answer import Place, tile, whole
from citycommons.web.faces.tiles.told import as_document, told
from citycommons.web.openapi import operation, parameter
from citycommons.web.running import Running

_NAME = parameter(
    "name",
    "Id of a dataset, and which version: a number, or latest.",
    where="path",
    example="bikes@latest",
)
_PLACE = [
    parameter("z", "Zoom.", where="path", example="14"),
    parameter("x", "Column, from the west.", where="path", example="8538"),
    parameter("y", "Row, from the north.", where="path", example="5405"),
]
TILE = {tiles.MEDIA: {"schema": {"type": "string", "contentMediaType": tiles.MEDIA}}}


@get(
    "/tiles/{name:str}/{z:str}/{x:str}/{y:str}",
    opt={
        "may": Action.READ,
        "of": "dataset",
        "direct": True,
        "operation": operation(
            "tiles_tile",
            "A vector tile of a version, by XYZ address.",
            [_NAME, *_PLACE],
            TILE,
            "401",
            "403",
            "404",
            "410",
            "422",
            "503",
            tag="faces",
        ),
    },
)
async def xyz(
    running: Running, name: FromPath[str], z: FromPath[str], x: FromPath[str], y: FromPath[str]
) -> Response[bytes]:
    """A vector tile (MVT 2.1); a numbered version's may be kept for ever."""
    id, version = parse_name(name)

    def place() -> Place:
        row, _, suffix = y.partition(".")
        if suffix not in ("", "mvt", "pbf"):
            raise NotFound("Tiles are to be had as .mvt.")
        return whole(z, x, row)

    return await tile(running, id, version, place)


@get(
    "/tiles/{name:str}",
    sync_to_thread=True,
    opt={
        "may": Action.READ,
        "of": "dataset",
        "operation": operation(
            "tiles_tilejson",
            "TileJSON 3.0 of a version's tiles; `.json` may stand behind.",
            [_NAME],
            {"application/json": {"schema": {"type": "object"}}},
            "401",
            "403",
            "404",
            "410",
            "422",
            tag="faces",
        ),
    },
)
def tilejson(running: Running, name: FromPath[str]) -> Response[bytes]:
    """Where the tiles are, what is in them, and whom to name."""
    id, version = parse_name(name.removesuffix(".json"))
    with running.work() as work:
        opened, title, credit = told(work, running, id, version)
    body = described.tilejson(opened, running.url, title, credit)
    return as_document(running, opened, body)


HANDLERS = [xyz, tilejson]
