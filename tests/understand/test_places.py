"""Places for small maps: grouped, named, framed without outliers."""

import pyarrow as pa
import shapely

from citycommons.core.tables import with_fields
from citycommons.core.types import (
    ANYONE,
    SYSTEM,
    Dataset,
    DatasetId,
    Field,
    FieldRole,
    FieldType,
    PublisherId,
)
from citycommons.share import open as reader
from citycommons.share import publish as publishing
from citycommons.share.open import Opened
from citycommons.store.work import City
from citycommons.understand.places import Shape, compute

FIELDS = (
    Field(name="name", type=FieldType.STRING, role=FieldRole.CATEGORY),
    Field(name="riders", type=FieldType.INTEGER, role=FieldRole.MEASURE),
    Field(name="place", type=FieldType.GEOMETRY, role=FieldRole.GEOMETRY),
)


def published(city: City, rows: list[tuple[str, int, shapely.Geometry | None]]) -> Opened:
    one = Dataset(
        id=DatasetId("counters"),
        title={"en": "Counters"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
    )
    table = pa.table(
        {
            "name": pa.array([name for name, _, _ in rows], pa.string()),
            "riders": pa.array([count for _, count, _ in rows], pa.int64()),
            "place": pa.array(
                [shapely.to_wkb(shape) if shape else None for _, _, shape in rows], pa.binary()
            ),
        }
    )
    prepared = publishing.prepare(city.lake, one, with_fields(table, FIELDS))
    with city.work(SYSTEM) as work:
        publishing.publish(work, one, prepared)
    with city.work(ANYONE, may_write=False) as work:
        return reader.open(work, one.id)


def test_rows_that_share_a_place_become_one_with_their_mean(city: City) -> None:
    north, south = shapely.Point(7.62, 51.97), shapely.Point(7.63, 51.94)
    rows = [("North", 10, north), ("North", 30, north), ("South", 7, south), ("Lost", 1, None)]
    found = compute(published(city, rows))
    assert found is not None
    by_name = {place.name: place for place in found.places}
    assert by_name["North"].value == 20
    assert by_name["North"].rows == 2
    assert by_name["South"].parts == (((7.63, 51.94),),)
    assert (found.every, found.without) == (2, 1)


def test_one_place_far_off_does_not_shrink_the_map(city: City) -> None:
    rows: list[tuple[str, int, shapely.Geometry | None]] = [
        (f"Place {i}", i, shapely.Point(7.60 + i / 1000, 51.95 + (i % 5) / 1000)) for i in range(40)
    ]
    rows.append(("Wrong", 1, shapely.Point(52.5, 1.0)))
    found = compute(published(city, rows))
    assert found is not None
    assert found.bounds[2] < 8


def test_areas_keep_their_holes(city: City) -> None:
    outer = shapely.Point(7.6, 51.9).buffer(0.1)
    ring = shapely.difference(outer, shapely.Point(7.6, 51.9).buffer(0.05))
    found = compute(published(city, [("Ring", 1, ring), ("Other", 2, outer)]))
    assert found is not None
    place = next(place for place in found.places if place.name == "Ring")
    assert place.shape is Shape.AREA
    assert len(place.parts) == 2
