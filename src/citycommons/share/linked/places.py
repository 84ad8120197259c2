"""Where and when: dct:spatial and dct:temporal (GeoDCAT-AP)."""

from typing import Any

from citycommons.core.types import Bbox, Dataset, Version
from citycommons.share.linked.terms import Node, typed, without_empty


def period(dataset: Dataset, version: Version | None) -> tuple[str, str] | None:
    """First and last day or time as promised, else as found; `..` is open."""
    first, last = (day.isoformat() if day else ".." for day in dataset.temporal)
    if (first, last) != ("..", ".."):
        return first, last
    return version.period if version else None


def temporal(said: tuple[str, str] | None) -> Node | None:
    """A period of time."""
    if said is None:
        return None
    first, last = (typed(t, "xsd:dateTime" if "T" in t else "xsd:date") for t in said)
    return without_empty(
        {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": first if said[0] != ".." else None,
            "dcat:endDate": last if said[1] != ".." else None,
        }
    )


def location(place: str, bounds: Bbox | None) -> Node | None:
    """A place by name, box and middle; WKT is in CRS84 where it does not say (GeoSPARQL).

    A box across the date line is told by its name alone: as a polygon it would be the wrong half.
    """
    shape: dict[str, Any] = {}
    if bounds is not None and bounds[0] <= bounds[2]:
        w, s, e, n = bounds
        ring = typed(f"POLYGON(({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))", "geo:wktLiteral")
        middle = typed(f"POINT({(w + e) / 2:.6f} {(s + n) / 2:.6f})", "geo:wktLiteral")
        # No locn:geometry: of SEMIC's two sets of shapes one wants it a literal, the other a node.
        shape = {"dcat:bbox": ring, "dcat:centroid": middle}
    if not place and not shape:
        return None
    return without_empty({"@type": "dct:Location", "rdfs:label": place, **shape})
