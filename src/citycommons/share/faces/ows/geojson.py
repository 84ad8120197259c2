"""Features as GeoJSON in any reference system, as clients of WFS ask for them."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from citycommons.core.types import Field, FieldType
from citycommons.share import cells
from citycommons.share.faces.ows.gml import Form


def members(table: pa.Table, fields: Sequence[Field], ids: Sequence[str], form: Form) -> bytes:
    """Features with a comma behind each; east first in every system, as clients of WFS know it."""
    place = next((f for f in fields if f.type is FieldType.GEOMETRY), None)
    if place is None:
        objects = cells.json_objects(table, fields, "\0").decode().split("\0")
        return b"".join(
            b'{"type":"Feature","id":"%b","geometry":null,"properties":%b},\n'
            % (id.encode(), one.encode())
            for id, one in zip(ids, objects, strict=False)
        )
    if form.system.code:
        east_first = replace(form, is_turned=form.system.is_north_first)
        shapes = east_first.shapes(cells.whole(table, place.name))
        where = table.column_names.index(place.name)
        table = table.set_column(where, place.name, pa.array(shapely.to_wkb(shapes), pa.binary()))
    lines = cells.features(table, fields, None)
    marks = pa.array([f'{{"type":"Feature","id":"{id}",' for id in ids], pa.string())
    rest = pc.utf8_slice_codeunits(lines, len('{"type":"Feature",'))
    return cells.payload(cells.joined([marks, rest, ",\n"]))
