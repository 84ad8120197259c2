"""OGC API Tiles 1.0 and Styles over each dataset that has a place."""

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import DatasetId
from citycommons.govern.access import Action, allows
from citycommons.share import tiles
from citycommons.share.linked.citations import words_in
from citycommons.share.tiles import described, matrix, styles
from citycommons.store import catalogue
from citycommons.web.faces.tiles.answer import Place, tile, whole
from citycommons.web.faces.tiles.told import as_document, colours, told
from citycommons.web.faces.tiles.xyz import TILE
from citycommons.web.negotiate import as_json
from citycommons.web.openapi import operation, parameter
from citycommons.web.openapi_shapes import JsonObject
from citycommons.web.running import Running, RunningRequest
from citycommons.web.security import May

_DATASET = parameter("dataset", "Id of a dataset.", where="path", example="bikes")
_SET = parameter("tileMatrixSet", "WebMercatorQuad.", where="path", example=matrix.ID)
_FORMAT = parameter("f", "The format: `json`; of a tile `mvt`.")
_JSON: JsonObject = {"application/json": {"schema": {"type": "object"}}}
_ERRORS = ("401", "403", "404", "410", "422")
_TILES = "/ogc/collections/{dataset:str}/tiles"


def _opt(id: str, summary: str, *parameters: JsonObject) -> JsonObject:
    asked = [_DATASET, *parameters, _FORMAT]
    told = operation(f"tiles_{id}", summary, asked, _JSON, *_ERRORS, tag="faces")
    return {
        "may": Action.READ,
        "of": "dataset",
        "operation": told,
        "conforms": described.CONFORMANCE,
    }


def _check(running: RunningRequest, *offered: str) -> None:
    asked = running.get("f")
    if asked and asked not in offered:
        raise Invalid(f"“f”: “{asked[:40]}” is not to be had; take {offered[0]}.", parameter="f")


def _known(tile_matrix_set: str) -> None:
    if tile_matrix_set != matrix.ID:
        raise NotFound(f"There is no such tile matrix set; there is {matrix.ID}.")


@get(_TILES, sync_to_thread=True, opt=_opt("tilesets", "The tile sets of a collection."))
def tilesets(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The tile sets of a collection: one."""
    with running.work() as work:
        opened, title, _ = told(work, running, DatasetId(dataset), None)
    _check(running, "json")
    return as_document(running, opened, described.tilesets(opened, running.url, title))


@get(
    _TILES + "/{tileMatrixSet:str}",
    sync_to_thread=True,
    opt=_opt("tileset", "What a tile set holds and where its tiles are.", _SET),
)
def tileset(
    running: Running,
    dataset: FromPath[str],
    tileMatrixSet: FromPath[str],
) -> Response[bytes]:
    """Metadata of a tile set."""
    with running.work() as work:
        opened, title, credit = told(work, running, DatasetId(dataset), None)
    _check(running, "json", "tilejson")
    _known(tileMatrixSet)
    if running.get("f") == "tilejson":
        body = described.tilejson(opened, running.url, title, credit)
    else:
        body = described.tileset(opened, tiles.of(opened), running.url, title, credit)
    return as_document(running, opened, body)


@get(
    _TILES + "/{tileMatrixSet:str}/{tileMatrix:str}/{tileRow:str}/{tileCol:str}",
    opt={
        "may": Action.READ,
        "of": "dataset",
        "operation": operation(
            "tiles_ogc_tile",
            "A vector tile of a collection: row before column.",
            [
                _DATASET,
                _SET,
                parameter("tileMatrix", "Zoom.", where="path", example="14"),
                parameter("tileRow", "Row, from the north.", where="path", example="5405"),
                parameter("tileCol", "Column, from the west.", where="path", example="8538"),
                _FORMAT,
            ],
            TILE,
            *_ERRORS,
            "503",
            tag="faces",
        ),
    },
)
async def ogc_tile(
    running: Running,
    dataset: FromPath[str],
    tileMatrixSet: FromPath[str],
    tileMatrix: FromPath[str],
    tileRow: FromPath[str],
    tileCol: FromPath[str],
) -> Response[bytes]:
    """A vector tile of the latest version."""

    def place() -> Place:
        _check(running, "mvt")
        _known(tileMatrixSet)
        z, y, x = whole(tileMatrix, tileRow, tileCol)
        return z, x, y

    return await tile(running, DatasetId(dataset), None, place)


@get(
    "/ogc/tileMatrixSets",
    opt={
        "may": May.ANYONE,
        "operation": operation(
            "tiles_matrix_sets", "The tile matrix sets.", [_FORMAT], _JSON, "422", tag="faces"
        ),
    },
)
async def matrix_sets(running: Running) -> Response[bytes]:
    """The list of tile matrix sets."""
    _check(running, "json")
    return as_json(running, described.matrix_sets(running.url), cache="public, max-age=3600")


@get(
    "/ogc/tileMatrixSets/{tileMatrixSet:str}",
    opt={
        "may": May.ANYONE,
        "operation": operation(
            "tiles_matrix_set",
            "A tile matrix set.",
            [_SET, _FORMAT],
            _JSON,
            "404",
            "422",
            tag="faces",
        ),
    },
)
async def matrix_set(running: Running, tileMatrixSet: FromPath[str]) -> Response[bytes]:
    """WebMercatorQuad."""
    _check(running, "json")
    _known(tileMatrixSet)
    return as_json(running, matrix.document(running.url), cache="public, max-age=3600")


@get(
    "/ogc/collections/{dataset:str}/styles",
    sync_to_thread=True,
    opt=_opt("styles_of", "The map styles of a collection."),
)
def collection_styles(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """A style for light and one for dark paper."""
    with running.work() as work:
        opened, title, _ = told(work, running, DatasetId(dataset), None)
    _check(running, "json")
    return as_document(running, opened, styles.styles(opened, running.url, title))


@get(
    "/ogc/styles",
    sync_to_thread=True,
    opt={
        "may": May.ANYONE,
        "operation": operation(
            "tiles_styles", "All map styles.", [_FORMAT], _JSON, "422", tag="faces"
        ),
    },
)
def all_styles(running: Running) -> Response[bytes]:
    """The styles of every dataset that has a place and that one may read."""
    _check(running, "json")
    with running.work() as work:
        latest = catalogue.latest_versions(work.db)
        located = [id for id, version in latest.items() if version.geometry]
        shown = [
            entry
            for one in catalogue.datasets(work.db, located)
            if allows(work.actor, Action.READ, one)
            for entry in styles.entries(one.id, running.url, words_in(one.title, running.language))
        ]
    return as_json(running, {"styles": shown})


@get(
    "/ogc/styles/{dataset:str}",
    sync_to_thread=True,
    opt={
        "may": Action.READ,
        "of": "dataset",
        "operation": operation(
            "tiles_style",
            "A MapLibre style: `<dataset>.light` or `<dataset>.dark`.",
            [_DATASET, _FORMAT],
            {styles.MEDIA: {"schema": {"type": "object"}}},
            *_ERRORS,
            tag="faces",
        ),
    },
)
def style(running: Running, dataset: FromPath[str]) -> Response[bytes]:
    """The style over the tiles of the latest version."""
    id, paper = styles.parse_style(dataset)
    with running.work() as work:
        opened, _, credit = told(work, running, DatasetId(id), None)
    _check(running, "mapbox", "json")
    kinds = tiles.of(opened).kinds
    look = colours(running.city.settings.accent, paper)
    body = styles.style(opened, kinds, paper, look, running.url, credit)
    return as_document(running, opened, body, styles.MEDIA)


HANDLERS = [
    *(tilesets, tileset, ogc_tile, matrix_sets, matrix_set),
    *(collection_styles, all_styles, style),
]
