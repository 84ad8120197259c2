"""Places of a version for living maps: `/datasets/{id}/places`."""

from typing import Annotated

from litestar import get
from litestar.params import Parameter
from litestar.response import Response

from citycommons.core.types import Channel
from citycommons.govern.access import Action
from citycommons.web import pages
from citycommons.web.addresses import parse_name
from citycommons.web.running import Running


@get(
    "/datasets/{name:str}/places",
    sync_to_thread=True,
    opt={"may": Action.READ, "of": "dataset"},
)
def places(
    running: Running, name: Annotated[str, Parameter(description="id or id@version")]
) -> Response[bytes]:
    """Grouped and simplified places, as GeoJSON, for a map of the whole city."""
    id, version = parse_name(name)
    with running.work(channel=Channel.MAP) as work:
        body = pages.places_json(work, id, version)
    return Response(body, media_type="application/geo+json", headers={"vary": "cookie"})


HANDLERS = [places]
