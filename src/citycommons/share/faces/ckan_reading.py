"""A package that somebody sends, as a dataset: what it changes is changed, all else stays.

A package is read as a harvest reads it. Of a change, both the package as it is shown here and the
package that was sent are read: what differs between the two is what its sender wants. So a package
that comes back as it was shown changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.ids import checked_id
from citycommons.core.types import Access, Dataset, DatasetId, Parcel, PublisherId
from citycommons.share.catalogue import Entry
from citycommons.share.entries import with_statuses
from citycommons.share.exports import FORMATS
from citycommons.share.faces import ckan
from citycommons.share.faces.ckan_ids import own_id
from citycommons.standardise.records import described

Package = Mapping[str, Any]

_SAID = (
    *("title", "description", "steward", "license", "attribution", "theme", "keywords", "place"),
    *("temporal", "frequency", "landing_page", "links"),
)
_KEPT_IF_SILENT = ("source", "identifier")


def created(package: Package, publisher: PublisherId, language: str) -> Dataset:
    """The dataset that a new package describes.

    Raises `Invalid` that names the field.
    """
    id = DatasetId(checked_id(str(package.get("name") or "")))
    given = {**package, "title": package.get("title") or id}
    made = _read(_with_page(_tagged(given), {}), publisher, language)
    other = str(package.get("id") or "")
    said = _extra(package, "identifier") or (other if other != id else "")
    access = Access.INTERNAL if is_private(package) else made.access
    return replace(made, id=id, identifier=said, access=access)


def changed(entry: Entry, package: Package, base: str, language: str) -> Dataset:
    """The dataset after the package was sent in place of the one that is shown.

    Raises `Invalid` that names the field.
    """
    before = entry.dataset
    shown = ckan.package(entry, base, language)
    given = {"title": before.id, "resources": [], **_tagged(package), "name": before.id}
    given["resources"] = _foreign(entry, given["resources"])
    was = {**shown, "resources": _foreign(entry, shown["resources"])}
    old = _read(_with_page(was, {}), before.publisher, language)
    new = _read(
        _with_page(_agreeing(given, was, before, language), was), before.publisher, language
    )
    differing: dict[str, Any] = {
        name: getattr(new, name) for name in _SAID if getattr(new, name) != getattr(old, name)
    }
    for name in _KEPT_IF_SILENT:
        if (value := getattr(new, name)) and value != getattr(old, name):
            differing[name] = value
    if "links" in differing:
        differing["links"] = with_statuses(differing["links"], before.links)
    dataset = replace(before, **differing, access=_access(before, package))
    if before.removed and package.get("state") == "active":
        dataset = replace(dataset, removed=None, removed_reason="")
    return dataset


def is_private(package: Package) -> bool:
    """Whether the package says so."""
    return str(package.get("private", "")).lower() in ("true", "1")


def _access(before: Dataset, package: Package) -> Access:
    # Silence opens nothing.
    if "private" not in package or is_private(package) == (before.access is not Access.PUBLIC):
        return before.access
    return Access.INTERNAL if is_private(package) else Access.PUBLIC


def _read(package: Package, publisher: PublisherId, language: str) -> Dataset:
    parcel = Parcel(
        path=Path(),
        name=str(package.get("name")),
        received=datetime.now(UTC),
        profile="ckan",
        identifier=str(package.get("id") or package.get("name") or ""),
    )
    # Without an origin the reader makes addresses that lead nowhere.
    found = described(orjson.dumps(package), parcel, publisher=publisher, language=language)
    is_here = found.source.startswith("/")
    page = "" if found.landing_page.startswith("/") else found.landing_page
    return replace(found, source="" if is_here else found.source, landing_page=page)


def _tagged(package: Package) -> dict[str, Any]:
    """`tag_string` as tags: who sends it means it."""
    given = dict(package)
    if isinstance(text := given.pop("tag_string", None), str):
        given["tags"] = [{"name": one.strip()} for one in text.split(",") if one.strip()]
    return given


def _agreeing(
    given: dict[str, Any], was: Package, before: Dataset, language: str
) -> dict[str, Any]:
    """What says one thing twice says it as the half of it that was changed."""

    def differs(name: str) -> bool:
        return name in given and given[name] != was.get(name)

    for plain in ("title", "notes"):
        name = f"{plain}_translated"
        texts = given.get(name)
        # A city of another language shows another of the same texts.
        if not isinstance(texts, dict) or given.get(plain) in texts.values():
            continue
        if differs(plain) and not differs(name):
            text = before.title if plain == "title" else before.description
            shown = next((tag for tag in (language, "en", *text) if text.get(tag)), language)
            given[name] = {**texts, shown: given[plain]}
    if differs("license_id"):
        given |= {n: "" for n in ("license_title", "license_url") if not differs(n)}
    if differs("groups") and _extra(given, "theme") == _extra(was, "theme"):
        given["extras"] = _without(given, "theme")
    return given


def _with_page(given: dict[str, Any] | Package, was: Package) -> dict[str, Any]:
    """The package's `url` as landing page, where it says none or was changed."""
    extra = _extra(given, "landing_page")
    url = given.get("url")
    is_newer = bool(was) and url != was.get("url") and extra == _extra(was, "landing_page")
    if isinstance(url, str) and url.startswith("http") and (is_newer or not extra):
        page = {"key": "landing_page", "value": url}
        return {**given, "extras": [*_without(given, "landing_page"), page]}
    return dict(given)


def _extras(package: Package) -> list[dict[str, Any]]:
    found = package.get("extras")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _extra(package: Package, key: str) -> str:
    return next((str(one.get("value")) for one in _extras(package) if one.get("key") == key), "")


def _without(package: Package, key: str) -> list[dict[str, Any]]:
    return [one for one in _extras(package) if one.get("key") != key]


def _foreign(entry: Entry, resources: Any) -> list[Any]:
    """Without the dataset's own table, which comes and goes with its versions."""
    if not isinstance(resources, list):
        raise Invalid("Resources are a list of objects.", field="resources")
    if entry.version is None:
        return resources
    own = {own_id(entry.dataset.id, one): one for one in FORMATS}
    return [
        one
        for one in resources
        if not (
            isinstance(one, dict)
            and (format := own.get(str(one.get("id"))))
            and str(one.get("url")).endswith(f"/data/{entry.dataset.id}@latest.{format}")
        )
    ]
