"""Files and datasets of partners come into the register by one door, whatever their format."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from tests.act.roadworks.digs import WATER, dig, settle

from citycommons.act.roadworks import bringing, register
from citycommons.act.roadworks.bringing import Delivery
from citycommons.act.roadworks.register import Asked
from citycommons.collect.cache import Cache
from citycommons.core.errors import Invalid
from citycommons.core.types import (
    SYSTEM,
    Dataset,
    DatasetId,
    Parcel,
    Provenance,
    PublisherId,
)
from citycommons.core.works import Works, WorksId, WorksState
from citycommons.jobs import errands, worker
from citycommons.share import publish as publishing
from citycommons.share.works import datex2, wzdx
from citycommons.share.works.edition import Edition
from citycommons.standardise.read import read
from citycommons.store.work import City, Work

CSV = """Vorgang;Straße;Beginn;Ende;Sperrung;Linie
A-1;Hafenstraße;04.05.2027;17.05.2027;Vollsperrung;LINESTRING (7.63 51.95, 7.634 51.952)
A-2;Ring;01.06.2027;;halbseitig;
"""
DELIVERY = Delivery(source="water works", owner=WATER, language="de")


@pytest.fixture
def city(city: City) -> City:
    settle(city)
    return city


def bring(work: Work, city: City, file: Path) -> bringing.Brought:
    return bringing.take(work, bringing.read_file(work, city.settings, file, DELIVERY))


def kept(city: City) -> list[Works]:
    with city.work(SYSTEM, may_write=False) as work:
        return list(register.every(work, Asked()))


def test_a_table_comes_in_and_says_what_could_not_be_used(city: City, tmp_path: Path) -> None:
    file = tmp_path / "digs.csv"
    file.write_bytes(CSV.encode("latin-1"))
    for times in (1, 2):
        with city.work(SYSTEM) as work:
            done = bring(work, city, file)
        assert done.format == "table"
        assert len(done.received.added) == (1 if times == 1 else 0)
        assert [fault.value for fault in done.received.faults] == ["A-2"]
    (works,) = kept(city)
    assert works.first_day == date(2027, 5, 4)
    assert works.source == "water works"


@pytest.mark.parametrize("kind", ["datex2", "wzdx"])
def test_what_another_city_publishes_comes_in(city: City, tmp_path: Path, kind: str) -> None:
    edition = Edition(
        city="Neighbourville",
        url="https://data.example",
        zone=ZoneInfo("Europe/Rome"),
        made=datetime(2026, 3, 31, tzinfo=UTC),
    )
    theirs = replace(dig(), id=WorksId("their-1"), state=WorksState.PERMITTED)
    writes = datex2.written if kind == "datex2" else wzdx.written
    file = tmp_path / "feed"
    file.write_bytes(writes((theirs,), edition))
    with city.work(SYSTEM) as work:
        done = bring(work, city, file)
    assert done.format == kind
    (works,) = kept(city)
    assert (works.title, works.first_day) == (theirs.title, theirs.first_day)
    assert works.phases[0].measures[0].line == theirs.phases[0].measures[0].line


def test_a_dataset_of_works_comes_in_with_each_version(city: City) -> None:
    city.settings = city.settings.model_copy(update={"works_datasets": {"digs": "en"}})
    dataset = Dataset(
        id=DatasetId("digs"),
        title={"en": "Digs"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
    )
    line = "7.63 51.95; 7.634 51.952"
    rows = {"id": ["1"], "street": ["Quay"], "start": ["2027-05-04"], "line": [line]}
    for end in ("2027-05-10", "2027-05-20"):
        table = pa.table({**rows, "end": [end]})
        prepared = publishing.prepare(city.lake, dataset, table)
        with city.work(SYSTEM) as work:
            publishing.describe(work, dataset)
            publishing.publish(work, dataset, prepared)
        worker.work_off(city)
    (works,) = kept(city)
    assert (works.owner, works.source) == ("roads", "dataset:digs")
    assert works.last_day == date(2027, 5, 20)
    assert works.revision == 2


def test_a_file_of_something_else_is_refused(city: City, tmp_path: Path) -> None:
    file = tmp_path / "trees.csv"
    file.write_text("species,height\nTilia,12\nAcer,9\n")
    with pytest.raises(Invalid, match="needs a column of first days"), city.work(SYSTEM) as work:
        bring(work, city, file)


def test_the_worker_begins_and_ends_works(city: City) -> None:
    with city.work(SYSTEM) as work:
        made = register.propose(work, dig())
        register.advance(work, made.id, WorksState.COORDINATED)
        register.advance(work, made.id, WorksState.PERMITTED)
    city.clock = lambda: datetime(2026, 5, 3, 22, 30, tzinfo=UTC)  # the 4th has begun in Rome
    assert errands.begin_and_end_works(city) == 1
    assert errands.begin_and_end_works(city) == 0
    (works,) = kept(city)
    assert works.state is WorksState.ACTIVE


def test_a_feed_that_became_a_dataset_is_read_from_its_own_file(city: City, tmp_path: Path) -> None:
    edition = Edition(
        city="Neighbourville",
        url="https://data.example",
        zone=ZoneInfo("Europe/Rome"),
        made=datetime(2026, 3, 31, tzinfo=UTC),
    )
    theirs = replace(dig(), id=WorksId("their-1"), state=WorksState.PERMITTED)
    file = tmp_path / "situations.xml"
    file.write_bytes(datex2.written((theirs,), edition))
    digest, _ = Cache(city.settings.home / "parcels").store_small(file.read_bytes())
    parcel = Parcel(path=file, name=file.name, received=datetime.now(UTC), digest=digest)
    table, report = read(parcel)
    dataset = Dataset(
        id=DatasetId("situations"),
        title={"en": "Situations"},
        publisher=PublisherId("roads"),
        license="CC0-1.0",
    )
    provenance = Provenance(parcels=(digest,))
    prepared = publishing.prepare(city.lake, dataset, table, report, provenance=provenance)
    with city.work(SYSTEM) as work:
        publishing.describe(work, dataset)
        publishing.publish(work, dataset, prepared)
        read_ = bringing.read_dataset(work, city.settings, dataset.id, language="en")
        done = bringing.take(work, read_)
    assert done.format == "datex2"
    (works,) = kept(city)
    assert works.phases == theirs.phases
    assert works.state is WorksState.PERMITTED
