"""What a client of WFS asks, by parameters or in XML, as one thing; and its query to the rows.

References
----------
OGC 09-025r2: clauses 7.6 (query), 11 (GetFeature), annex D; 04-094 for WFS 1.1.0.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType
from citycommons.share.crs import System
from citycommons.share.expressions import fes
from citycommons.share.expressions.tree import Column, Expression, Shape, call
from citycommons.share.faces.ows.gml import Form
from citycommons.share.faces.ows.words import parameters, plain_name, spoken, whole
from citycommons.share.faces.wfs import BY_ID, DEGREES, GML, GML_OLD, JSON, MOST, VERSIONS, is_old
from citycommons.share.query import Order, Query

MOST_BYTES = 1 << 20
MOST_IDS = 100
_JSONS = ("application/json", "json", "application/geo+json", "geojson")
_BOX = re.compile(r"[-+\d.eE]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, whichever way it came."""

    operation: str
    version: str = "2.0.0"
    types: tuple[str, ...] = ()
    format: str = ""
    srs: str = ""
    count: int | None = None
    start: int = 0
    is_hits: bool = False
    properties: tuple[str, ...] = ()
    sort: str = ""
    filter: Any = None  # an XML element
    bbox: str = ""
    ids: tuple[str, ...] = ()
    stored: str = ""

    @property
    def is_json(self) -> bool:
        """Whether GeoJSON is wanted. Raises `Invalid` for a format there is not."""
        form = self.format.strip().lower()
        if form in _JSONS:
            return True
        if form and not form.startswith(("application/gml", "text/xml", "gml")):
            raise Invalid(
                f"“outputFormat”: “{self.format[:60]}” is none of {GML}, {GML_OLD}, {JSON}.",
                parameter="outputFormat",
            )
        return False


def by_parameters(query: Sequence[tuple[str, str]]) -> Asked:
    """A request in parameters. Raises `Invalid` that names the wrong one."""
    given = parameters(query)
    _check_service(given.get("service", ""))
    operation = given.get("request", "")
    if not operation:
        raise Invalid(
            "Say what is asked for: request=GetCapabilities.",
            parameter="request",
            code="MissingParameterValue",
        )
    stored = given.get("storedquery_id", "")
    listed = given.get("count", given.get("maxfeatures", ""))
    ids = given.get("resourceid", given.get("featureid", ""))
    if stored and "id" in given:
        ids = given["id"]
    text = given.get("filter", "")
    return Asked(
        operation=operation,
        version=_version(given),
        types=tuple(_items(given.get("typenames", given.get("typename", "")))),
        format=given.get("outputformat", ""),
        srs=given.get("srsname", ""),
        count=whole({"count": listed}, "count", MOST) if listed else None,
        start=whole(given, "startindex", 0),
        is_hits=_is_hits(given.get("resulttype", "results")),
        properties=tuple(_items(given.get("propertyname", ""))),
        sort=given.get("sortby", ""),
        filter=parsed(text.encode(), "filter") if text else None,
        bbox=given.get("bbox", ""),
        ids=tuple(_items(ids)),
        stored=stored,
    )


def by_xml(body: bytes) -> Asked:
    """A request as an XML document. Raises `Invalid` for what is none."""
    if len(body) > MOST_BYTES:
        raise Invalid(f"A request has at most {MOST_BYTES} bytes.")
    root = parsed(body, "request")
    _check_service(root.get("service", "WFS"))
    queries = [one for one in root if fes.local(one) in ("Query", "StoredQuery")]
    if len(queries) > 1:
        raise Invalid("One query at a time, please.", parameter="Query", code="OptionNotSupported")
    number = root.get("version", "")
    listed = root.get("count", root.get("maxFeatures", ""))
    asked = Asked(
        operation=fes.local(root),
        version=_version({"version": number}),
        types=tuple((one.text or "") for one in root if fes.local(one) == "TypeName"),
        format=root.get("outputFormat", ""),
        count=whole({"count": listed}, "count", MOST) if listed else None,
        start=whole({"startIndex": root.get("startIndex", "")}, "startIndex", 0),
        is_hits=_is_hits(root.get("resultType", "results")),
    )
    return _with_query(asked, queries[0]) if queries else asked


def _with_query(asked: Asked, query: Any) -> Asked:
    if fes.local(query) == "StoredQuery":
        ids = [(p.text or "").strip() for p in query if p.get("name", "").lower() == "id"]
        return replace(asked, stored=query.get("id", ""), ids=tuple(ids))
    named = query.get("typeNames", query.get("typeName", ""))
    inner = {fes.local(one): one for one in query}
    sort = ""
    if (by := inner.get("SortBy")) is not None:
        sort = ",".join(_sorted(one) for one in by)
    return replace(
        asked,
        types=tuple(named.replace(",", " ").split()),
        srs=query.get("srsName", ""),
        properties=tuple((p.text or "").strip() for p in query if "PropertyName" in fes.local(p)),
        filter=inner.get("Filter"),
        sort=sort,
    )


def _sorted(one: Any) -> str:
    inner = {fes.local(part): (part.text or "").strip() for part in one}
    name = inner.get("ValueReference", inner.get("PropertyName", ""))
    return f"{name} {inner.get('SortOrder', 'ASC')}"


def parsed(body: bytes, parameter: str) -> Any:
    """The document's root. Raises `Invalid` for what is no XML, or defines entities."""
    from defusedxml import ElementTree
    from defusedxml.common import DefusedXmlException

    try:
        return ElementTree.fromstring(body, forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException, ValueError, RecursionError) as cause:
        raise Invalid(
            f"The {parameter} is no XML that can be read.", parameter=parameter
        ) from cause


def _check_service(name: str) -> None:
    if name and name.upper() != "WFS":
        raise Invalid("“service” is WFS here.", parameter="service")


def _version(given: dict[str, str]) -> str:
    asked = given.get("version") or given.get("acceptversions") or ""
    numbers = [one.strip() for one in asked.split(",") if one.strip()]
    for number in numbers:
        if number in VERSIONS:
            return number
    if numbers and "acceptversions" in given:
        raise Invalid(
            f"None of these versions; there are {', '.join(VERSIONS)}.",
            parameter="AcceptVersions",
            code="VersionNegotiationFailed",
        )
    # An older client gets the oldest there is, as negotiation has it (06-121r3, 7.3.2).
    return "1.1.0" if numbers and numbers[0].startswith("1.") else "2.0.0"


def _is_hits(text: str) -> bool:
    if text.lower() not in ("hits", "results"):
        raise Invalid("“resultType” is hits or results.", parameter="resultType")
    return text.lower() == "hits"


def _items(text: str) -> list[str]:
    return [one.strip() for one in text.strip("()").split(",") if one.strip()]


def form_of(asked: Asked) -> Form:
    """How the features are written. Raises `Invalid` for a system that is not offered."""
    found, is_turned = spoken(asked.srs, DEGREES, "srsName")
    old = is_old(asked.version) or "3.1.1" in asked.format or asked.format.lower() == "gml3"
    return Form(system=found, srs_name=asked.srs, is_turned=is_turned, is_old=old)


def query_of(asked: Asked, fields: Sequence[Field]) -> Query:
    """The question to the rows; ids stand apart. Raises `Invalid` that says what is wrong."""
    names = {field.name for field in fields}

    def column(name: str) -> str:
        local = re.sub(r"^.*/", "", name.removesuffix("/text()"))
        return local if local in names else plain_name(local)

    conditions: list[Expression] = []
    if asked.bbox:
        conditions.append(_box(asked, fields))
    if asked.filter is not None and fes.ids(asked.filter) is None:
        if asked.bbox:
            raise Invalid("Give bbox or filter, not both.", parameter="bbox")
        conditions.append(
            fes.Reader(fields, column, asked.srs or fes.NORTH_FIRST).filter(asked.filter)
        )
    return Query(
        columns=_columns(asked, names, column),
        filter=conditions[0] if conditions else None,
        order=tuple(_orders(asked.sort, names, column)),
        limit=MOST,
        offset=asked.start,
    )


def _box(asked: Asked, fields: Sequence[Field]) -> Expression:
    parts = asked.bbox.split(",")
    name = ",".join(parts[4:]) if len(parts) > 4 else asked.srs
    found, is_turned = spoken(name.strip(), DEGREES, "bbox")
    if len(parts) < 4 or not all(_BOX.fullmatch(part.strip()) for part in parts[:4]):
        raise Invalid("“bbox” is four numbers, and the name of a system.", parameter="bbox")
    try:
        numbers = [float(part) for part in parts[:4]]
    except ValueError as cause:
        raise Invalid(
            "“bbox” is four numbers, and the name of a system.", parameter="bbox"
        ) from cause
    return call("s_intersects", _place(fields), Shape(_wkb(found, numbers, is_turned=is_turned)))


def _wkb(found: System, numbers: list[float], *, is_turned: bool) -> bytes:
    import shapely

    if is_turned:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    return bytes(shapely.to_wkb(found.box(numbers)))


def _place(fields: Sequence[Field]) -> Column:
    return Column(next(field.name for field in fields if field.type is FieldType.GEOMETRY))


def _columns(asked: Asked, names: set[str], column: Any) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(column(name) for name in asked.properties if name != "*"))
    for name in found:
        if name not in names:
            raise Invalid(
                f"“propertyName”: there is no property “{name[:80]}”.", parameter="propertyName"
            )
    return found


def _orders(text: str, names: set[str], column: Any) -> list[Order]:
    found = []
    for item in _items(text):
        name, _, way = item.replace("+", " ").partition(" ")
        if (one := column(name)) not in names:
            raise Invalid(f"“sortBy”: there is no property “{name[:80]}”.", parameter="sortBy")
        found.append(Order(column=one, descending=way.strip().upper() in ("D", "DESC")))
    return found


def wanted_ids(asked: Asked) -> list[tuple[str, int]] | None:
    """Features asked for by id, as (id of the dataset, row); None where none are.

    Raises `Invalid` for what is no id. A feature's id is `type.row`.
    """
    ids = list(asked.ids)
    if asked.filter is not None:
        ids += fes.ids(asked.filter) or []
    if asked.stored and asked.stored != BY_ID:
        raise Invalid(
            f"There is no stored query “{asked.stored[:80]}”; there is {BY_ID}.",
            parameter="STOREDQUERY_ID",
        )
    if asked.stored and not ids:
        raise Invalid("Say which feature: ID=….", parameter="ID", code="MissingParameterValue")
    if not ids:
        return None
    if len(ids) > MOST_IDS:
        raise Invalid(f"At most {MOST_IDS} ids at once.", parameter="resourceId")
    found = []
    for id in ids:
        name, _, row = id.rpartition(".")
        if not name or not (row.isascii() and row.isdecimal()) or len(row) > 15:
            raise Invalid(f"“{id[:80]}” is no id of a feature here.", parameter="resourceId")
        found.append((plain_name(name), int(row)))
    return found
