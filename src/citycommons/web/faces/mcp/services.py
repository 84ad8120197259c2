"""Tools over data services: the portal's own doors, and services of others in the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from citycommons.core.errors import NotFound
from citycommons.core.types import DatasetId
from citycommons.share import catalogue
from citycommons.share.catalogue import Entry, Search
from citycommons.share.mcp import Result
from citycommons.web.addresses import dataset_path
from citycommons.web.faces.mcp.house import House, paged, told

_MOST_ENDPOINTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Door:
    id: str
    title: str
    path: str  # all its addresses begin so
    description: str


_DOORS = (
    _Door(
        id="api",
        title="City Commons API",
        path="/datasets",
        description="Search, rows, features, versions and files of datasets as JSON.",
    ),
    _Door(
        id="ckan",
        title="CKAN Action API",
        path="/api/3/action",
        description="The calls of CKAN's API, for clients of CKAN.",
    ),
    _Door(
        id="ogc",
        title="OGC API",
        path="/ogc",
        description="Features, tiles and records of the Open Geospatial Consortium.",
    ),
    _Door(
        id="wfs",
        title="WFS",
        path="/wfs",
        description="Web Feature Service 2.0 of the OGC, reading.",
    ),
    _Door(id="wms", title="WMS", path="/wms", description="Web Map Service 1.3 of the OGC."),
    _Door(
        id="sensorthings",
        title="SensorThings API",
        path="/sensorthings/v1.1",
        description="Sensors, datastreams and observations (OGC SensorThings 1.1), reading.",
    ),
    _Door(
        id="opendatasoft",
        title="Opendatasoft Explore API",
        path="/api/explore/v2.1",
        description="Records, facets and exports as Opendatasoft's Explore API v2.1 gives them.",
    ),
    _Door(
        id="soda",
        title="SODA",
        path="/resource",
        description="Rows as Socrata's Open Data API 2.1 gives them.",
    ),
    _Door(
        id="catalog",
        title="DCAT catalogue",
        path="/catalog",
        description="The catalogue as linked data (DCAT-AP) to be harvested.",
    ),
)
_FORMATS = ("wms", "wfs", "wmts", "wcs", "csw", "ogc api", "ogcapi", "api", "rest", "sensorthings")


def search_dataservices(house: House, given: Mapping[str, Any]) -> Result:
    """`search_dataservices`: our own doors first, then datasets that link to services."""
    page, size = given["page"], given["page_size"]
    words = given["query"].casefold().split()
    own = [_own(house, one) for one in _doors(house) if _is_about(one, words)]
    start = (page - 1) * size
    items = own[start : start + size]
    with house.work() as work:
        kinds = _service_formats(work)
        # “wms” is no word of a description: it says which kind of service is wanted.
        named = tuple(one for one in kinds if one.casefold() in words)
        wanted = Search(
            text=" ".join(word for word in words if word not in _FORMATS),
            chosen={"format": named or kinds},
            limit=size - len(items),
            offset=max(0, start - len(own)),
        )
        found = catalogue.find(work, wanted) if kinds else None
    if found is not None:
        items += [_other(house, one) for one in found.entries]
    total = len(own) + (found.total if found else 0)
    lines = [
        f"- {one['title']}\n   ID: {one['id']}\n   Organization: {one['organization']}\n"
        f"   Base URL: {one['base_api_url']}\n   {one['description']}"
        for one in items
    ]
    head = f"{total} data services found for “{given['query']}”, page {page}."
    return Result(text=told(head, *lines), data={"dataservices": items, **paged(total, page, size)})


def _service_formats(work: Any) -> tuple[str, ...]:
    """Formats of the catalogue, as they are written there, that are services."""
    there = catalogue.find(work, Search(limit=0)).facets["format"]
    return tuple(one for one in there if one.casefold() in _FORMATS)


def _doors(house: House) -> list[_Door]:
    paths = house.document()["paths"]
    return [one for one in _DOORS if any(path.startswith(one.path) for path in paths)]


def _is_about(door: _Door, words: list[str]) -> bool:
    text = f"{door.id} {door.title} {door.description}".casefold()
    return all(word in text for word in words)


def _own(house: House, door: _Door) -> dict[str, Any]:
    return {
        "id": door.id,
        "title": door.title,
        "description": door.description,
        "organization": house.name,
        "base_api_url": house.url + door.path,
        "machine_documentation_url": f"{house.url}/openapi.json",
        "endpoints": [house.url + door.path],
        "datasets": [],
        "url": f"{house.url}/developers",
    }


def _other(house: House, entry: Entry) -> dict[str, Any]:
    dataset = entry.dataset
    links = [one.url for one in dataset.links if one.format.casefold() in _FORMATS]
    return {
        "id": dataset.id,
        "title": house.words(dataset.title, 200),
        "description": house.words(dataset.description, 300),
        "organization": entry.publisher.name,
        "base_api_url": links[0] if links else "",
        "machine_documentation_url": "",
        "endpoints": links[:20],
        "datasets": [dataset.id],
        "url": house.url + dataset_path(dataset.id),
    }


def _found(house: House, id: str) -> tuple[dict[str, Any], _Door | None]:
    for door in _doors(house):
        if door.id == id:
            return _own(house, door), door
    with house.work() as work:
        told_of = _other(house, catalogue.entry(work, DatasetId(id)))
    if not told_of["endpoints"]:
        raise NotFound(f"There is no data service “{id}”; see search_dataservices.")
    return told_of, None


def get_dataservice_info(house: House, given: Mapping[str, Any]) -> Result:
    """`get_dataservice_info`."""
    data, _ = _found(house, given["dataservice_id"].strip())
    return Result(
        text=told(
            f"Data service: {data['title']}",
            f"ID: {data['id']}",
            f"Organization: {data['organization']}",
            f"Base URL: {data['base_api_url']}",
            f"OpenAPI: {data['machine_documentation_url'] or 'none'}",
            f"Description: {data['description']}",
        ),
        data=data,
    )


def get_dataservice_openapi_spec(house: House, given: Mapping[str, Any]) -> Result:
    """`get_dataservice_openapi_spec`: what can be called, with parameters."""
    service, door = _found(house, given["dataservice_id"].strip())
    if door is None:
        raise NotFound(
            f"“{service['title']}” has no OpenAPI description. Its addresses are: "
            f"{', '.join(service['endpoints'])}"
        )
    endpoints = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "parameters": [
                f"{one['name']} ({one['in']})" + (" required" if one.get("required") else "")
                for one in operation["parameters"]
            ],
        }
        for path, operations in house.document()["paths"].items()
        if path.startswith(door.path)
        for method, operation in operations.items()
    ]
    data = {
        "id": door.id,
        "title": door.title,
        "base_api_url": service["base_api_url"],
        "source": service["machine_documentation_url"],
        "endpoints": endpoints[:_MOST_ENDPOINTS],
        "total": len(endpoints),
    }
    lines = [
        f"{one['method']} {one['path']}: {one['summary']}"
        + "".join(f"\n   - {parameter}" for parameter in one["parameters"])
        for one in data["endpoints"]
    ]
    return Result(
        text=told(f"API: {door.title}", f"Source: {data['source']}", "Endpoints:", *lines),
        data=data,
    )
