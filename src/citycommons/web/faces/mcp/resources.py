"""Resources of a dataset: its files, and the links to where more of it lies.

The id of a file is its name, `bikes@3.csv`; that of a link is made of its address.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from citycommons.core.errors import Forbidden, NotFound
from citycommons.core.types import Dataset, DatasetId, Link, Use, Version
from citycommons.share import catalogue
from citycommons.share.exports import FORMATS, Format, formats
from citycommons.share.open import open as open_version
from citycommons.store.work import Work
from citycommons.web.addresses import file_path, parse_name
from citycommons.web.faces.mcp.house import House

_FILE = re.compile(r"(?P<name>.{1,270})\.(?P<format>[a-z0-9]{2,12})")
_LINK = re.compile(r"(?P<id>.{1,200})~(?P<mark>[0-9a-f]{12})")


def looked_at(work: Work, id: DatasetId) -> tuple[catalogue.Entry, Version | None]:
    """The entry, and its latest version where the asker may read it; counted as a look."""
    entry = catalogue.entry(work, id)
    try:
        return entry, open_version(work, id, use=Use.INVESTIGATION).version
    except (NotFound, Forbidden):
        return entry, None


def listed(house: House, dataset: Dataset, version: Version | None) -> list[dict[str, Any]]:
    """All resources of a dataset."""
    files = [] if version is None else [_file(house, version, one) for one in formats(version)]
    return [*files, *(_link(dataset.id, one) for one in dataset.links)]


def _file(house: House, version: Version, format: Format) -> dict[str, Any]:
    return {
        "id": f"{version.dataset}@{version.number}.{format.id}",
        "title": f"{format.title}, version {version.number}",
        "format": format.id,
        "mime": format.media_type.partition(";")[0],
        "url": house.url + file_path(version, format.id),
        "rows": version.rows,
        "is_queryable": True,
    }


def _link(id: DatasetId, link: Link) -> dict[str, Any]:
    return {
        "id": f"{id}~{_mark(link)}",
        "title": link.title or link.url,
        "format": link.format.lower(),
        "mime": "",
        "url": link.url,
        "rows": None,
        "is_queryable": False,
    }


def _mark(link: Link) -> str:
    return hashlib.blake2b(link.url.encode(), digest_size=6).hexdigest()


def named(text: str) -> tuple[DatasetId, str | None]:
    """The dataset and version that a resource's id, or a dataset's, names: `bikes@3.csv`."""
    text = text.strip()
    found = _FILE.fullmatch(text)
    if found and found["format"] in FORMATS:
        text = found["name"]
    return parse_name(text)


def link_of(work: Work, text: str) -> tuple[Dataset, Link] | None:
    """The link with this id, if that is what the id looks like."""
    if (found := _LINK.fullmatch(text.strip())) is None:
        return None
    dataset = catalogue.get(work, DatasetId(found["id"]))
    links: Iterator[Link] = (one for one in dataset.links if _mark(one) == found["mark"])
    if (link := next(links, None)) is None:
        raise NotFound(f"“{dataset.id}” has no such link; see list_dataset_resources.")
    return dataset, link


def described(house: House, dataset: Dataset, link: Link) -> dict[str, Any]:
    """One link as `get_resource_info` tells it."""
    return _link(dataset.id, link) | {
        "status": link.status,
        "checked": link.checked and link.checked.isoformat(),
        "dataset_id": dataset.id,
        "dataset_title": house.words(dataset.title),
    }
