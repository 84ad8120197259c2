"""What kinds of geometry a version holds, found once."""

import threading
from collections import OrderedDict
from pathlib import Path

from citycommons.share.expressions.sql import quote
from citycommons.share.open import Opened

_MOST = 4096
_kept: OrderedDict[Path, frozenset[str]] = OrderedDict()
_guard = threading.Lock()


def geometry_types(opened: Opened) -> frozenset[str]:
    """Kinds of shapes in the geometry column, such as `POINT` and `MULTIPOLYGON`; empty if none."""
    place = opened.version.geometry
    if place is None or not opened.version.rows:
        return frozenset()
    path = opened.path
    with _guard:
        if (there := _kept.get(path)) is not None:
            return there
    column = quote(place)
    table = opened.query(
        f"SELECT DISTINCT ST_GeometryType({column})::VARCHAR AS kind FROM rows "
        f"WHERE {column} IS NOT NULL"
    )
    found = frozenset(table.column("kind").to_pylist())
    with _guard:
        _kept[path] = found
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return found
