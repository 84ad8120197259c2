"""Names no reader can bear are changed, and said."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.tables import clash
from citycommons.core.types import Dataset, DatasetId, Parcel, PublisherId
from citycommons.share.publish import prepare
from citycommons.standardise.read import read
from citycommons.store.work import City


def parcel(path):
    return Parcel(path=path, name=path.name, received=datetime.now(UTC))


def test_names_taken_or_differing_in_case_only_get_a_number(tmp_path):
    (tmp_path / "a.csv").write_text("A,a,bbox,A,a_2\n1,2,3,4,5\n6,7,8,9,0\n")
    table, report = read(parcel(tmp_path / "a.csv"))
    assert clash(table.column_names) is None
    assert table.column_names[0] == "A"
    assert table.column("bbox_2").to_pylist() == [3, 8]
    assert "column “bbox” is called “bbox_2”: its name was taken" in report.steps


def test_our_own_file_comes_back_as_it_went(city: City, tmp_path):
    (tmp_path / "p.csv").write_text("name,lat,lon\nx,51.9,7.6\ny,52.0,7.7\n")
    table, _ = read(parcel(tmp_path / "p.csv"))
    dataset = Dataset(
        id=DatasetId("p"), title={"en": "P"}, publisher=PublisherId("roads"), license="CC0-1.0"
    )
    first = prepare(city.lake, dataset, table)
    again, _ = read(parcel(city.lake.path(first.file)))
    assert isinstance(again, pa.Table)
    assert "bbox" in pq.read_schema(city.lake.path(first.file)).names
    assert again.column_names == table.column_names
    assert prepare(city.lake, dataset, again).digest == first.digest
