"""Features as GML, whole columns at a time.

References
----------
OGC 07-036r1: GML 3.2.2; 03-105r1: GML 3.1.1 for clients of WFS 1.1.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.types import Field, FieldType
from citycommons.share import cells
from citycommons.share.crs import System
from citycommons.share.faces.ows.words import PREFIX, urn, xml_name

_UNWRITABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"  # as RE2 writes it
_SPECIAL = "[&<>" + _UNWRITABLE[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How features are written: which GML, in which system."""

    is_old: bool = False  # GML 3.1.1
    system: System
    srs_name: str = ""  # as it was asked for; empty: the system's URN
    is_turned: bool = False  # east first where the authority has north first

    @property
    def srs(self) -> str:
        return self.srs_name or urn(self.system)

    def shapes(self, column: pa.Array) -> Any:
        """Geometries in the system, axes in the order of this form; missing ones are None."""
        wkb = column.to_numpy(zero_copy_only=False)
        shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object)
        shapes[shapely.is_empty(shapes)] = None
        moved = self.system.written(shapes)
        if self.is_turned:
            moved = shapely.transform(moved, lambda spots: spots[:, ::-1])
        return moved

    @property
    def decimals(self) -> int:
        return 3 if self.system.is_projected else cells.DECIMALS


def members(
    table: pa.Table, fields: Sequence[Field], ids: Sequence[str], type: str, form: Form
) -> bytes:
    """Each row as a member of a collection; `type` is the feature type's XML name."""
    if not table.num_rows:
        return b""
    wrapper = "gml:featureMember" if form.is_old else "wfs:member"
    parts: list[pa.Array | str] = [f"<{wrapper}>"]
    parts += feature(table, fields, ids, type, form)
    return cells.payload(cells.joined([*parts, f"</{wrapper}>\n"]))


def feature(
    table: pa.Table, fields: Sequence[Field], ids: Sequence[str], type: str, form: Form
) -> list[pa.Array | str]:
    """Texts that put together are the features."""
    head = f'<{PREFIX}:{type} gml:id="'
    parts: list[pa.Array | str] = [head, pa.array(ids, pa.string()), '">']
    for field in fields:
        column = cells.whole(table, field.name)
        name = f"{PREFIX}:{xml_name(field.name)}"
        if field.type is FieldType.GEOMETRY:
            texts = pa.array(_geometries(form.shapes(column), ids, form), pa.string())
        else:
            texts = _text(cells.plain_cells(column), is_text=field.type is FieldType.STRING)
        # An element that has no value is left out: a null part reads as nothing.
        parts.append(pc.binary_join_element_wise(f"<{name}>", texts, f"</{name}>", ""))
    parts.append(f"</{PREFIX}:{type}>")
    return parts


def _text(texts: pa.Array, *, is_text: bool) -> pa.Array:
    texts = texts.cast(pa.string())
    if not is_text or not pc.any(pc.match_substring_regex(texts, _SPECIAL)).as_py():
        return texts
    texts = pc.replace_substring_regex(texts, _UNWRITABLE, "")
    for sign, said in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        texts = pc.replace_substring(texts, sign, said)
    return texts


def _geometries(shapes: Any, ids: Sequence[str], form: Form) -> list[str | None]:
    srs = f' srsName="{form.srs}"'
    numbers = f"%.{form.decimals}f"
    written = []
    for id, shape in zip(ids, shapes, strict=True):
        writer = _Writer(numbers, "" if form.is_old else f"{id}.g", is_old=form.is_old)
        written.append(None if shape is None else writer.write(shape, srs))
    return written


class _Writer:
    """Writes one geometry; every part of it has an id of its own (GML 3.2)."""

    def __init__(self, numbers: str, id: str, *, is_old: bool) -> None:
        self._numbers, self._id, self._count, self._is_old = numbers, id, 0, is_old

    def write(self, shape: Any, srs: str = "") -> str:
        match shape.geom_type:
            case "Point":
                return self._in("Point", f"<gml:pos>{self._places(shape)}</gml:pos>", srs)
            case "LineString" | "LinearRing":
                places = f"<gml:posList>{self._places(shape)}</gml:posList>"
                return self._in("LineString", places, srs)
            case "Polygon":
                return self._polygon(shape, srs)
            case "MultiPoint":
                return self._several(shape, "MultiPoint", "pointMember", srs)
            case "MultiLineString":
                return self._several(shape, "MultiCurve", "curveMember", srs)
            case "MultiPolygon":
                return self._several(shape, "MultiSurface", "surfaceMember", srs)
        return self._several(shape, "MultiGeometry", "geometryMember", srs)

    def _in(self, name: str, content: str, srs: str) -> str:
        mark = ""
        if self._id:
            mark = f' gml:id="{self._id}{self._count or ""}"'
            self._count += 1
        return f"<gml:{name}{mark}{srs}>{content}</gml:{name}>"

    def _several(self, shape: Any, name: str, member: str, srs: str) -> str:
        mark = self._in(name, "\0", srs)
        inner = "".join(f"<gml:{member}>{self.write(one)}</gml:{member}>" for one in shape.geoms)
        return mark.replace("\0", inner)

    def _polygon(self, shape: Any, srs: str) -> str:
        rings = [("exterior", shape.exterior), *(("interior", one) for one in shape.interiors)]
        content = "".join(
            f"<gml:{side}><gml:LinearRing><gml:posList>{self._places(ring)}</gml:posList>"
            f"</gml:LinearRing></gml:{side}>"
            for side, ring in rings
        )
        return self._in("Polygon", content, srs)

    def _places(self, shape: Any) -> str:
        spots = shapely.get_coordinates(shape).ravel().tolist()
        return " ".join([_short(self._numbers % one) for one in spots])


def _short(number: str) -> str:
    short = number.rstrip("0").rstrip(".") if "." in number else number
    return "0" if short == "-0" else short
