"""What kinds of geometry a version holds, found once."""

from functools import lru_cache
from pathlib import Path

from citycommons.share.expressions.sql import quote
from citycommons.share.open import Opened
from citycommons.store.lake import Lake


def geometry_types(opened: Opened) -> frozenset[str]:
    """Kinds of shapes in the geometry column, such as `POINT` and `MULTIPOLYGON`; empty if none."""
    place = opened.version.geometry
    if place is None or not opened.version.rows:
        return frozenset()
    return _types(opened.lake, opened.path, place)


@lru_cache(maxsize=1024)
def _types(lake: Lake, path: Path, place: str) -> frozenset[str]:
    column = quote(place)
    found = lake.query(
        f"SELECT DISTINCT ST_GeometryType({column})::VARCHAR AS kind FROM read_parquet(?) "
        f"WHERE {column} IS NOT NULL",
        (str(path),),
    )
    return frozenset(found.column("kind").to_pylist())
