"""How resources are named in addresses: `id`, `id@version`, `id@version.format`."""

import re
from urllib.parse import quote

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Access, Dataset, DatasetId, Version
from citycommons.share.exports import formats
from citycommons.web.running import Running

_NAME = re.compile(r"(?P<id>[^@/\\\x00-\x1f]{1,200})(@(?P<version>[a-z0-9]{1,64}))?")
_FILE = re.compile(
    r"(?P<id>[^@/\\\x00-\x1f]{1,200}?)(@(?P<version>[a-z0-9]{1,64}))?"
    r"\.(?P<format>shp\.zip|datapackage\.(json|zip)|csv-metadata\.json|[a-z0-9]{2,12})"
)
FOREVER = "public, max-age=31536000, immutable"


def parse_name(name: str) -> tuple[DatasetId, str | None]:
    """`bikes@3` → (`bikes`, `3`); without a version it is None, the latest."""
    if (found := _NAME.fullmatch(name)) is None:
        raise NotFound("There is no such dataset. Search for it, or list all.")
    return DatasetId(found["id"]), found["version"]


def parse_file(name: str) -> tuple[DatasetId, str | None, str]:
    """`bikes@3.csv` → (`bikes`, `3`, `csv`)."""
    if (found := _FILE.fullmatch(name)) is None:
        raise NotFound("There is no such file. Its name is dataset@version.format, or @latest.")
    return DatasetId(found["id"]), found["version"], found["format"]


def is_pinned(version: str | None) -> bool:
    """Whether the address names one version for ever."""
    return version is not None and version != "latest"


def caching(dataset: Dataset, version: str | None) -> str:
    """How long others may keep it: a numbered version of public data for ever."""
    if dataset.access is not Access.PUBLIC:
        return "private, no-cache"
    return FOREVER if is_pinned(version) else "public, no-cache"


def dataset_path(id: str, version: int | None = None) -> str:
    """The path of a dataset, or of one of its versions."""
    return f"/datasets/{quote(id, safe='')}" + (f"@{version}" if version is not None else "")


def file_path(version: Version, format: str) -> str:
    """The path of a version's file."""
    return f"/data/{quote(version.dataset, safe='')}@{version.number}.{format}"


def distributions(version: Version, base: str) -> list[dict[str, str]]:
    """The files a version can be had as (dcat:Distribution)."""
    return [
        {
            "format": one.id,
            "title": one.title,
            "media_type": one.media_type,
            "url": base + file_path(version, one.id),
        }
        for one in formats(version)
    ]


def number(running: Running, name: str, default: int, *, most: int = 2**62) -> int:
    """A whole number from the address. Raises `Invalid` that names the parameter."""
    text = running.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise Invalid(f"“{name}”: “{text[:40]}” is no whole number from 0.", parameter=name)
    if int(text) > most:
        raise Invalid(f"“{name}”: at most {most} at once; page on with offset.", parameter=name)
    return int(text)
