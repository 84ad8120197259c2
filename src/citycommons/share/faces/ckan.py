"""A dataset as CKAN's package, a publisher as its organization, a theme as its group.

References
----------
CKAN 2.11 API guide: package_show, organization_show, group_show, resource_show.
ckanext-dcat: keys of DCAT in extras. ckanext-fluent: texts in several languages.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import UTC, datetime
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import quote

import orjson
import shapely

from citycommons.core.types import (
    Access,
    Bbox,
    Dataset,
    Field,
    FieldType,
    License,
    Link,
    Publisher,
    Text,
    Version,
)
from citycommons.govern.licenses import LICENSES
from citycommons.share.catalogue import Entry
from citycommons.share.exports import Format, formats
from citycommons.share.faces.ckan_ids import link_id, own_id
from citycommons.share.linked import AUTHORITY
from citycommons.standardise.records.file_formats import format_of

THEMES = {
    "AGRI": "Agriculture, fisheries, forestry and food",
    "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport",
    "ENER": "Energy",
    "ENVI": "Environment",
    "GOVE": "Government and public sector",
    "HEAL": "Health",
    "INTR": "International issues",
    "JUST": "Justice, legal system and public safety",
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TECH": "Science and technology",
    "TRAN": "Transport",
}
"""Labels of the EU's table data-theme, which are the groups here."""

_SERVICES = frozenset(("WFS", "WMS", "WMTS", "WCS", "API", "OGC API FEATURES", "SENSORTHINGS"))
_TYPES = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "int",
    FieldType.NUMBER: "numeric",
    FieldType.BOOLEAN: "bool",
    FieldType.DATE: "date",
    FieldType.DATETIME: "timestamp",
    FieldType.TIME: "time",
    FieldType.GEOMETRY: "json",
}
_MOST_KEPT = 4096
_kept: OrderedDict[Hashable, bytes] = OrderedDict()
_lock = Lock()


def package_json(entry: Entry, base: str, language: str) -> bytes:
    """The package as JSON: written once for each state of the entry, and kept."""
    state = _state(entry, base, language)
    with _lock:
        if (found := _kept.get(state)) is not None:
            _kept.move_to_end(state)
            return found
    made = orjson.dumps(package(entry, base, language))
    with _lock:
        _kept[state] = made
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _state(entry: Entry, base: str, language: str) -> Hashable:
    # Each description has its own time, and a version never changes but by being withdrawn.
    dataset, version, publisher = entry.dataset, entry.version, entry.publisher
    return (
        *(dataset.id, dataset.modified, version and (version.number, version.digest)),
        *(publisher.id, publisher.name, publisher.homepage, tuple(publisher.description.items())),
        *(base, language),
    )


def package(entry: Entry, base: str, language: str) -> dict[str, Any]:
    """The package; `base` is the portal's address, `language` that of its plain texts."""
    dataset, version = entry.dataset, entry.version
    license = LICENSES.get(dataset.license)
    page = f"{base}/datasets/{quote(dataset.id)}"
    given = resources(entry, base)
    groups = [group(dataset.theme)] if dataset.theme in THEMES else []
    return {
        "author": None,
        "author_email": None,
        "creator_user_id": None,
        "id": dataset.id,
        "isopen": bool(license and license.is_open),
        "license_id": dataset.license,
        "license_title": license.title if license else dataset.license,
        "license_url": license.url if license else "",
        "maintainer": dataset.steward or None,
        "maintainer_email": None,
        "metadata_created": moment(dataset.created),
        "metadata_modified": moment(changed(entry)),
        "name": dataset.id,
        "notes": words(dataset.description, language),
        "num_resources": len(given),
        "num_tags": len(dataset.keywords),
        "organization": organization(entry.publisher, language, dataset.created),
        "owner_org": dataset.publisher,
        "private": dataset.access is not Access.PUBLIC,
        "state": "deleted" if dataset.removed else "active",
        "title": words(dataset.title, language),
        **_translated(dataset),
        "type": "dataset",
        "url": dataset.landing_page or page,
        "version": str(version.number) if version else None,
        "extras": _extras(entry, page),
        "groups": groups,
        "resources": given,
        "tags": [tag(one) for one in dataset.keywords],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


def _languages(dataset: Dataset) -> set[str]:
    return {*dataset.title, *dataset.description}


def _translated(dataset: Dataset) -> dict[str, dict[str, str]]:
    """The texts in all their languages, where there is more than one (ckanext-fluent)."""
    if len(_languages(dataset)) < 2:
        return {}
    return {
        "title_translated": dict(dataset.title),
        "notes_translated": dict(dataset.description),
    }


def changed(entry: Entry) -> datetime | None:
    """When description or data last changed."""
    times = (entry.dataset.modified, entry.version.created if entry.version else None)
    return max(filter(None, times), default=None)


def moment(value: datetime | None) -> str | None:
    """A time as CKAN writes it: UTC, without a zone."""
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def words(text: Text, language: str) -> str:
    """The text in the language, else in English, else in the first there is."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def tag(keyword: str) -> dict[str, Any]:
    """A keyword as CKAN's free tag."""
    return {
        "display_name": keyword,
        "id": keyword,
        "name": keyword,
        "state": "active",
        "vocabulary_id": None,
    }


def group(theme: str) -> dict[str, Any]:
    """A theme as a group, by its code in small letters."""
    name, title = theme.lower(), THEMES[theme]
    return {
        "description": f"{AUTHORITY}/data-theme/{theme}",
        "display_name": title,
        "id": name,
        "image_display_url": "",
        "name": name,
        "title": title,
    }


def organization(
    publisher: Publisher, language: str, since: datetime | None = None
) -> dict[str, Any]:
    """A publisher as it stands in a package.

    Harvesters demand a time; nobody wrote down when a publisher came, so it is the dataset's.
    """
    return {
        "id": publisher.id,
        "name": publisher.id,
        "title": publisher.name,
        "type": "organization",
        "description": words(publisher.description, language),
        "image_url": "",
        "created": moment(since),
        "is_organization": True,
        "approval_status": "approved",
        "state": "active",
        "revision_id": "",
        "revision_timestamp": moment(since),
    }


def resources(entry: Entry, base: str) -> list[dict[str, Any]]:
    """The dataset's own table in each of its formats, then the files that lie elsewhere."""
    version = entry.version
    own = formats(version) if version and version.withdrawn is None else ()
    found = [_own(entry.dataset, version, one, base) for one in own if version]
    found += [_linked(entry, one) for one in entry.dataset.links]
    return [{**one, "position": place} for place, one in enumerate(found)]


def _own(dataset: Dataset, version: Version, one: Format, base: str) -> dict[str, Any]:
    is_file = one.suffix == "parquet"  # the others are made when somebody asks
    path = f"/data/{quote(dataset.id)}@latest.{one.id}"
    return _resource(
        dataset,
        id=own_id(dataset.id, one.id),
        name=one.title,
        description=version.note,
        format=format_name(one.id),
        mimetype=one.media_type.partition(";")[0],
        size=version.bytes if is_file else None,
        hash=version.file if is_file else "",
        last_modified=moment(version.created),
        url=base + path,
        datastore_active=one.id == "csv",
    )


@cache
def format_name(format: str) -> str:
    """A format as resources and facets spell it: `CSV`, `GeoJSON`."""
    return format_of([format], "") or format.upper()


def _linked(entry: Entry, link: Link) -> dict[str, Any]:
    is_service = link.format.upper() in _SERVICES
    return _resource(
        entry.dataset,
        id=link_id(entry.dataset.id, link),
        name=link.title,
        format=link.format,
        url=link.url,
        last_modified=moment(entry.dataset.modified),
        resource_type="api" if is_service else "file",
    )


def _resource(dataset: Dataset, **given: Any) -> dict[str, Any]:
    return {
        "cache_last_updated": None,
        "cache_url": None,
        "created": moment(dataset.created),
        "datastore_active": False,
        "description": "",
        "hash": "",
        "metadata_modified": given.get("last_modified"),
        "mimetype": None,
        "mimetype_inner": None,
        "package_id": dataset.id,
        "resource_type": "file",
        "size": None,
        "state": "active",
        "url_type": None,
        **given,
    }


def _extras(entry: Entry, page: str) -> list[dict[str, str]]:
    dataset, version = entry.dataset, entry.version
    first, last = dataset.temporal
    bounds = version.bounds if version else None
    spoken = _languages(dataset)
    told = {
        "uri": page,
        "language": _listed(next(iter(spoken)) if len(spoken) == 1 else ""),
        "identifier": dataset.identifier or dataset.id,
        "source": dataset.source,
        "landing_page": dataset.landing_page or page,
        "publisher_name": entry.publisher.name,
        "attribution": dataset.attribution,
        "access_rights": f"{AUTHORITY}/access-right/{_ACCESS[dataset.access]}",
        "theme": _listed(f"{AUTHORITY}/data-theme/{dataset.theme}" if dataset.theme else ""),
        "frequency": f"{AUTHORITY}/frequency/{dataset.frequency}" if dataset.frequency else "",
        "temporal_start": first.isoformat() if first else "",
        "temporal_end": last.isoformat() if last else "",
        "spatial_text": dataset.place,
        "spatial": _polygon(bounds) if bounds else "",
    }
    return [{"key": key, "value": value} for key, value in told.items() if value]


_ACCESS = {
    Access.PUBLIC: "PUBLIC",
    Access.RESTRICTED: "RESTRICTED",
    Access.INTERNAL: "NON_PUBLIC",
}


def _listed(one: str) -> str:
    return orjson.dumps([one]).decode() if one else ""


def _polygon(bounds: Bbox) -> str:
    return str(shapely.to_geojson(shapely.box(*bounds))).replace(" ", "")


def license(one: License) -> dict[str, Any]:
    """A licence as `license_list` tells it (opendefinition.org's JSON)."""
    return {
        "id": one.id,
        "title": one.title,
        "url": one.url,
        "status": "active",
        "family": "",
        "maintainer": "",
        "is_generic": False,
        "domain_content": one.is_open,
        "domain_data": one.is_open,
        "domain_software": False,
        "od_conformance": "approved" if one.is_open else "not reviewed",
        "osd_conformance": "not reviewed",
    }


def field(one: Field, language: str) -> dict[str, Any]:
    """A column as the DataStore tells it, with its dictionary."""
    told = {
        "label": words(one.title, language),
        "notes": words(one.description, language),
        "unit": one.unit,
    }
    info = {key: value for key, value in told.items() if value}
    return {"id": one.name, "type": _TYPES[one.type], **({"info": info} if info else {})}
