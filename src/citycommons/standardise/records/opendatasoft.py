"""Opendatasoft's datasets as its Explore API 2.1 describes them: metas by template, exports.

References
----------
Opendatasoft: Explore API reference v2.1, `/catalog/datasets/{dataset_id}`.
"""

from typing import Any

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.periods import interval
from citycommons.standardise.records.said import Said, object_of, objects, text_of
from citycommons.standardise.records.texts import language_of, line, strings, texts

_GEO = frozenset(("geo", "geo_point_2d", "geo_shape"))


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the dataset says; its rows are linked as the exports its server makes."""
    record = object_of(content, parcel.identifier or parcel.name)
    metas = {name: one for name, one in _object(record, "metas").items() if isinstance(one, dict)}
    default, dcat = metas.get("default", {}), metas.get("dcat", {})
    id = text_of(record.get("dataset_id")) or parcel.identifier
    portal, _, catalogue = parcel.origin.partition("/api/explore/")
    api = f"{portal}/api/explore/{catalogue}"
    main = language_of(text_of(default.get("language"))) or language
    names = strings(default.get("attributions"))
    return Said(
        identifier=id,
        source=f"{portal}/explore/dataset/{id}/",
        title=texts(default.get("title"), main, is_line=True),
        description=texts(default.get("description"), main),
        landing_page=f"{portal}/explore/dataset/{id}/",
        publisher=line(text_of(default.get("publisher")) or text_of(dcat.get("creator"))),
        steward=line(text_of(dcat.get("contact_name"))),
        attribution=line("; ".join(names)),
        keywords=tuple(strings(default.get("keyword"))),
        themes=tuple(strings(default.get("theme"))),
        frequency=text_of(dcat.get("accrualperiodicity"))
        or text_of(default.get("update_frequency")),
        # What one has to be invited to: its entry is no more open than it was.
        access="NON_PUBLIC" if text_of(record.get("visibility")) == "restricted" else "",
        licenses=((text_of(default.get("license")), text_of(default.get("license_url"))),),
        place=line(", ".join(strings(default.get("territory")) or strings(dcat.get("spatial")))),
        temporal=interval(text_of(dcat.get("temporal"))),
        links=tuple(_links(record, api)),
    )


def _links(record: dict[str, Any], api: str) -> list[Link]:
    found: list[Link] = []
    if record.get("has_records"):
        has_places = bool(_GEO & {*strings(record.get("features"))})
        kinds = (("csv", "CSV"), *((("geojson", "GeoJSON"),) if has_places else ()),
                 ("parquet", "Parquet"))  # fmt: skip
        found += [Link(url=f"{api}/exports/{kind}", format=name) for kind, name in kinds]
    for one in objects(record.get("attachments")):
        if id := text_of(one.get("id")):
            url = f"{api}/attachments/{id}"
            said = [text_of(one.get("mimetype"))]
            found.append(
                Link(url=url, title=line(one.get("title") or ""), format=format_of(said, id))
            )
    for one in objects(record.get("alternative_exports")):
        if url := text_of(one.get("url")):
            said = [text_of(one.get("mimetype"))]
            found.append(
                Link(url=url, title=line(one.get("title") or ""), format=format_of(said, url))
            )
    return found


def _object(record: dict[str, Any], key: str) -> dict[str, Any]:
    found = record.get(key)
    return found if isinstance(found, dict) else {}
