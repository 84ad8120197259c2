"""Tools over the catalogue: datasets, their resources, organisations."""

from collections.abc import Mapping
from typing import Any

from citycommons.core.types import Field, Use, Version
from citycommons.share import catalogue, meaning
from citycommons.share.catalogue import Entry, Search
from citycommons.share.mcp import Result
from citycommons.share.open import open as open_version
from citycommons.web.addresses import dataset_path
from citycommons.web.faces.mcp import resources
from citycommons.web.faces.mcp.house import House, paged, short, told

_Given = Mapping[str, Any]
_MOST_COLUMNS = 200


def search_datasets(house: House, given: _Given) -> Result:
    """`search_datasets`."""
    page, size = given["page"], given["page_size"]
    wanted = Search(text=given["query"], limit=size, offset=(page - 1) * size)
    with house.work() as work:
        found = catalogue.find(work, wanted)
        near = [_item(house, one) for one in meaning.related(work, wanted, found)]
    items = [_item(house, one) for one in found.entries]
    asked = found.corrected or given["query"]
    data = {"searched_for": asked, "datasets": items, "related": near}
    data |= paged(found.total, page, size)
    loose = "No dataset has all the words; these have some." if found.is_loose else None
    head = f"{found.total} datasets found for “{asked}”, page {page}."
    lines = [
        f"{place}. {one['title']}\n   ID: {one['id']}\n   Organization: {one['organization']}\n"
        f"   Resources: {one['resources_count']}\n   {one['description']}\n   URL: {one['url']}"
        for place, one in enumerate(items, wanted.offset + 1)
    ]
    also = [f"- {one['title']} (ID: {one['id']})" for one in near]
    meant = "Near in meaning, whatever their words; not counted:" if also else None
    return Result(text=told(head, loose, *lines, meant, *also), data=data)


def _item(house: House, one: Entry) -> dict[str, Any]:
    dataset = one.dataset
    return {
        "id": dataset.id,
        "title": house.words(dataset.title, 200),
        "description": house.words(dataset.description, 300),
        "organization": one.publisher.name,
        "organization_id": one.publisher.id,
        "tags": list(dataset.keywords[:10]),
        "license": dataset.license,
        "last_modified": dataset.modified,
        "resources_count": len(resources.listed(house, dataset, one.version)),
        "url": house.url + dataset_path(dataset.id),
    }


def get_dataset_info(house: House, given: _Given) -> Result:
    """`get_dataset_info`."""
    id, _ = resources.named(given["dataset_id"])
    with house.work() as work:
        entry, version = resources.looked_at(work, id)
    dataset = entry.dataset
    data = _item(house, entry) | {
        "description": house.words(dataset.description),
        "organization_url": f"{house.url}/publishers/{entry.publisher.id}",
        "attribution": dataset.attribution,
        "access": dataset.access,
        "category": dataset.category,
        "theme": dataset.theme,
        "place": dataset.place,
        "frequency": dataset.frequency,
        "created": dataset.created,
        "source": dataset.source,
        "resources_count": len(resources.listed(house, dataset, version)),
        "version": version and _version(version),
        **_columns(house, version.fields if version else dataset.fields),
    }
    return Result(text=_dataset_words(house, data, version), data=data)


def _version(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "created": version.created,
        "rows": version.rows,
        "digest": version.digest,
        "bounds": version.bounds,
        "period": version.period,
        "note": short(version.note, 500),
    }


def _columns(house: House, fields: tuple[Field, ...]) -> dict[str, Any]:
    """The first columns, and how many there are."""
    shown = [_column(house, one) for one in fields[:_MOST_COLUMNS]]
    return {"columns": shown, "columns_total": len(fields)}


def _column(house: House, field: Field) -> dict[str, str]:
    return {
        "name": field.name,
        "type": field.type,
        "unit": field.unit,
        "title": house.words(field.title, 200),
        "description": house.words(field.description, 500),
    }


def _dataset_words(house: House, data: dict[str, Any], version: Version | None) -> str:
    state = "No data here yet; its resources may lie elsewhere."
    if version is not None:
        state = f"Version {version.number} of {version.created:%Y-%m-%d}, {version.rows} rows"
    columns = [f"- {_column_words(one)}" for one in data["columns"]]
    return told(
        f"Dataset: {data['title']}",
        f"ID: {data['id']}",
        f"Organization: {data['organization']}",
        f"License: {data['license']}",
        f"Attribution: {data['attribution']}" if data["attribution"] else None,
        f"Data: {state}",
        f"Resources: {data['resources_count']} (see list_dataset_resources)",
        f"URL: {data['url']}",
        f"Description: {data['description']}" if data["description"] else None,
        "Columns:" if columns else None,
        *columns,
    )


def _column_words(one: dict[str, str]) -> str:
    unit = f", in {one['unit']}" if one["unit"] else ""
    title = f": {one['title']}" if one["title"] and one["title"] != one["name"] else ""
    return f"{one['name']} ({one['type']}{unit}){title}"


def list_dataset_resources(house: House, given: _Given) -> Result:
    """`list_dataset_resources`."""
    id, _ = resources.named(given["dataset_id"])
    with house.work() as work:
        entry, version = resources.looked_at(work, id)
    found = resources.listed(house, entry.dataset, version)[:200]
    title = house.words(entry.dataset.title, 200)
    data = {"dataset_id": id, "dataset_title": title, "resources": found, "total": len(found)}
    lines = [
        f"{place}. {one['title']}\n   Resource ID: {one['id']}\n   Format: {one['format']}\n"
        f"   Queryable: {'yes' if one['is_queryable'] else 'no'}\n   URL: {one['url']}"
        for place, one in enumerate(found, 1)
    ]
    return Result(text=told(f"Dataset: {title}", f"{len(found)} resources", *lines), data=data)


def get_resource_info(house: House, given: _Given) -> Result:
    """`get_resource_info`."""
    text = given["resource_id"]
    with house.work() as work:
        if linked := resources.link_of(work, text):
            return _link_info(house, resources.described(house, *linked))
        id, number = resources.named(text)
        opened = open_version(work, id, number, use=Use.INVESTIGATION)
    files = resources.listed(house, opened.dataset, opened.version)
    format = text.rpartition(".")[2]
    found = next((one for one in files if one["format"] == format), files[0])
    data = found | {
        "dataset_id": id,
        "dataset_title": house.words(opened.dataset.title, 200),
        "license": opened.dataset.license,
        "version": _version(opened.version),
        **_columns(house, opened.version.fields),
    }
    columns = [f"- {_column_words(one)}" for one in data["columns"]]
    rows = f"{opened.version.rows} rows: read them with query_resource_data."
    return Result(text=told(*_resource_words(data), rows, "Columns:", *columns), data=data)


def _link_info(house: House, data: dict[str, Any]) -> Result:
    state = "It lies elsewhere, and cannot be queried here: fetch it from its URL."
    return Result(text=told(*_resource_words(data), state), data=data)


def _resource_words(data: dict[str, Any]) -> list[str]:
    return [
        f"Resource: {data['title']}",
        f"Resource ID: {data['id']}",
        f"Dataset: {data['dataset_title']} (ID: {data['dataset_id']})",
        f"Format: {data['format']}",
        f"URL: {data['url']}",
    ]


def search_organizations(house: House, given: _Given) -> Result:
    """`search_organizations`."""
    page, size, sort = given["page"], given["page_size"], given["sort"]
    words = given["query"].casefold().split()
    with house.work() as work:
        found = catalogue.publishers(work)
    matching = [
        {
            "id": one.id,
            "name": one.name,
            "description": house.words(one.description, 300),
            "datasets": count,
            "homepage": one.homepage,
            "url": f"{house.url}/publishers/{one.id}",
        }
        for one, count in found
        if all(word in f"{one.id} {one.name}".casefold() for word in words)
    ]
    name = sort.removeprefix("-")
    matching.sort(key=lambda one: (one[name], one["name"]), reverse=sort.startswith("-"))
    items = matching[(page - 1) * size : page * size]
    lines = [f"- {one['name']} (ID: {one['id']}): {one['datasets']} datasets" for one in items]
    head = f"{len(matching)} organizations, page {page}."
    data = {"organizations": items, **paged(len(matching), page, size)}
    return Result(text=told(head, *lines), data=data)
