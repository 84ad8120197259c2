"""A second City Commons is a source like any other: plain files at addresses that stay."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from tests.collect.services import polite

from citycommons.collect.check import check_connector
from citycommons.collect.ckan import Ckan
from citycommons.collect.dcat import Dcat
from citycommons.collect.web import Web
from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, DatasetId, PublisherId
from citycommons.share import catalogue
from citycommons.share import open as door
from citycommons.standardise import records
from citycommons.standardise.read import read
from citycommons.store.work import City


def at_origin(home: Path, dataset: str) -> pa.Table:
    city = City(Settings(home=home))
    try:
        with city.work(ANYONE) as work:
            opened = door.open(work, DatasetId(dataset))
        names = [field.name for field in opened.version.fields]
        return pq.read_table(opened.path, columns=names)
    finally:
        city.close()


def plain(table: pa.Table) -> list[dict]:
    """Rows with shapes rounded to centimetres, as the text of a CSV keeps them."""
    return [
        {
            name: shapely.to_wkt(shapely.from_wkb(value), rounding_precision=6)
            if isinstance(value, bytes)
            else value
            for name, value in row.items()
        }
        for row in table.to_pylist()
    ]


@pytest.mark.parametrize(
    ("dataset", "suffix"),
    [
        ("charging-points", "parquet"),
        ("charging-points", "csv"),
        ("charging-points", "geojson"),
        ("waiting-times", "parquet"),
        ("waiting-times", "csv"),
    ],
)
def test_what_it_publishes_arrives_as_it_was(served, ideal_home, tmp_path, dataset, suffix):
    source = Web(url=f"{served}/data/{dataset}@latest.{suffix}", client=polite(tmp_path))
    (parcel,) = check_connector(source)
    table, report = read(parcel)
    expected = at_origin(ideal_home, dataset)
    assert not report.faults
    assert table.num_rows > 10
    assert plain(table.select(expected.column_names)) == plain(expected)


def test_its_catalogue_comes_whole_and_keeps_its_names(served, ideal_home, tmp_path):
    source = Dcat(url=f"{served}/catalog.ttl", client=polite(tmp_path))
    parcels = check_connector(source)
    city = City(Settings(home=ideal_home))
    try:
        with city.work(ANYONE) as work:
            here = catalogue.find(work, catalogue.Search(limit=100)).entries
    finally:
        city.close()
    assert {one.identifier for one in parcels} == {
        f"{served}/datasets/{one.dataset.id}" for one in here
    }
    found = {one.identifier: one for one in (_read(parcel) for parcel in parcels)}
    for one in here:
        theirs, ours = found[one.dataset.id], one.dataset
        assert theirs.source == f"{served}/datasets/{ours.id}"
        assert dict(theirs.title) == dict(ours.title)
        assert dict(theirs.description) == dict(ours.description or ours.title)
        assert (theirs.theme, theirs.frequency) == (ours.theme, ours.frequency or theirs.frequency)
        assert theirs.license == ours.license
        assert set(theirs.keywords) == set(ours.keywords)
        files = {link.url.rpartition(".")[2] for link in theirs.links}
        assert "csv" in files or one.version is None


def _read(parcel):
    return records.entry(parcel, publisher=PublisherId("next-city"))


def test_its_packages_come_whole_and_keep_their_names(served, ideal_home, tmp_path):
    source = Ckan(url=served, rows=4, client=polite(tmp_path))
    parcels = check_connector(source)
    city = City(Settings(home=ideal_home))
    try:
        with city.work(ANYONE) as work:
            here = catalogue.find(work, catalogue.Search(limit=100)).entries
    finally:
        city.close()
    found = {one.identifier: one for one in (_read(parcel) for parcel in parcels)}
    assert found.keys() == {one.dataset.id for one in here}
    for one in here:
        theirs, ours = found[one.dataset.id], one.dataset
        assert theirs.source == f"{served}/datasets/{ours.id}"
        for name in ("title", "description", "license", "theme", "frequency", "keywords", "place"):
            assert getattr(theirs, name) == getattr(ours, name), name
        lead = {link.url for link in theirs.links}
        assert f"{served}/data/{ours.id}@latest.csv" in lead
