"""Socrata's assets: of its Discovery API (`/api/catalog/v1`), and views as `/api/views` gives them.

References
----------
Socrata: Discovery API (`resource`, `classification`, `permalink`); Metadata API, views.
"""

from typing import Any

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.periods import Period, interval
from citycommons.standardise.records.said import Said, object_of, objects, text_of
from citycommons.standardise.records.texts import line, strings, texts

_TABULAR = ("dataset", "filter", "map", "table", "tabular")


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the asset says; its rows are linked as the exports its server makes."""
    record = object_of(content, parcel.identifier or parcel.name)
    about = (objects(record.get("resource")) or [record])[0]
    sorts = (objects(record.get("classification")) or [{}])[0]
    id = text_of(about.get("id")) or parcel.identifier
    page = text_of(record.get("permalink")) or parcel.origin
    license = (objects(about.get("license")) or [{}])[0]
    metadata = (objects(record.get("metadata")) or [{}])[0]
    words = [text_of(metadata.get("license")), text_of(about.get("licenseId"))]
    words += [text_of(license.get("name")), text_of(license.get("termsLink"))]
    custom = _custom(record, sorts, metadata)
    return Said(
        identifier=id,
        source=page,
        title=texts(about.get("name"), language, is_line=True),
        description=texts(about.get("description"), language),
        landing_page=text_of(record.get("link")) or page,
        publisher=line(text_of(about.get("attribution"))),
        attribution=line(text_of(about.get("attribution"))),
        keywords=tuple(
            strings(sorts.get("domain_tags")) + strings(about.get("tags"))
            or strings(sorts.get("tags"))
        ),
        themes=tuple(
            filter(None, (text_of(sorts.get("domain_category")), text_of(about.get("category"))))
        )
        or tuple(strings(sorts.get("categories"))),
        frequency=next((v for k, v in custom.items() if "frequen" in k), ""),
        licenses=(tuple(filter(None, words)),),
        access="" if _is_public(record, about) else "NON_PUBLIC",
        temporal=_temporal(custom),
        links=_links(about, parcel.origin, id),
    )


def _is_public(record: dict[str, Any], about: dict[str, Any]) -> bool:
    """A view lists who may see it; an asset of the Discovery API says it in a word."""
    audience = text_of(about.get("audience") or record.get("audience"))
    if audience:
        return audience == "public"
    if "grants" not in record:
        return True
    return any("public" in strings(one.get("flags")) for one in objects(record.get("grants")))


def _custom(*places: dict[str, Any]) -> dict[str, str]:
    """Fields that a portal made for itself, by name in small letters."""
    found: dict[str, str] = {}
    for place in places:
        for one in objects(place.get("domain_metadata")):
            found[text_of(one.get("key")).casefold()] = text_of(one.get("value"))
        fields = place.get("custom_fields")
        for group in fields.values() if isinstance(fields, dict) else ():
            for key, value in group.items() if isinstance(group, dict) else ():
                found[str(key).casefold()] = text_of(value)
    return found


def _temporal(custom: dict[str, str]) -> Period:
    said = next((v for k, v in custom.items() if "temporal" in k or "time period" in k), "")
    return interval(said) if "/" in said else (None, None)


def _links(about: dict[str, Any], origin: str, id: str) -> tuple[Link, ...]:
    portal = origin.rpartition("/d/")[0]
    kind = text_of(about.get("type") or about.get("viewType")) or "dataset"
    if kind not in _TABULAR:
        return ()
    address = f"{portal}/api/views/{id}/rows.csv?accessType=DOWNLOAD"
    return (Link(url=address, format="CSV"),)
