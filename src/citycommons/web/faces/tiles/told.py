"""Descriptions of tiles as documents: title and credit in words, an ETag, the city's colours."""

from typing import Any

from litestar.response import Response

from citycommons.core.errors import Invalid
from citycommons.core.types import Access, DatasetId
from citycommons.share.linked.citations import words_in
from citycommons.share.open import Opened, look
from citycommons.share.tiles.styles import Colours, Paper
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.colour import DARK_GROUNDS, LIGHT_GROUNDS, corrected, hex_code, parse
from citycommons.web.negotiate import as_json
from citycommons.web.running import RunningRequest

_LAND = {Paper.LIGHT: (0.968, 0.005, 105.0), Paper.DARK: (0.225, 0.012, 250.0)}  # `--map-land`


def told(
    work: Work, running: RunningRequest, id: DatasetId, version: str | None
) -> tuple[Opened, str, str]:
    """The version without a use (no row leaves), its title and whom to name.

    Raises `Invalid` where there is no geometry.
    """
    opened = look(work, id, version)
    if opened.version.geometry is None:
        raise Invalid(f"“{id}” has no geometry, so no tiles. Ask for its rows.")
    dataset = opened.dataset
    credit = dataset.attribution or catalogue.publisher(work.db, dataset.publisher).name
    return opened, words_in(dataset.title, running.language) or id, credit


def as_document(
    running: RunningRequest, opened: Opened, body: dict[str, Any], media: str = ""
) -> Response[bytes]:
    """The document as JSON; titles change without a new version, so it is asked for again."""
    is_open = opened.dataset.access is Access.PUBLIC
    answer = as_json(running, body, cache="no-cache" if is_open else "private, no-cache")
    if not media:
        return answer
    return Response(
        answer.content, status_code=answer.status_code, media_type=media, headers=answer.headers
    )


def colours(accent: str, paper: Paper) -> Colours:
    """The city's, for maps on this paper."""
    is_dark = paper is Paper.DARK
    ground = (DARK_GROUNDS if is_dark else LIGHT_GROUNDS)[0]
    return Colours(
        land=hex_code(_LAND[paper]),
        paper=hex_code(ground),
        data=hex_code(corrected(parse(accent), on_dark=is_dark)),
    )
