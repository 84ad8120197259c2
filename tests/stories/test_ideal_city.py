"""Without network and mirror, a city still stands: Città Ideale, published like any other."""

import json

import pytest

from citycommons.collect import manifest
from citycommons.core.errors import NotFound
from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, DatasetId, FieldType
from citycommons.share import deliver
from citycommons.share import open as door
from citycommons.store import catalogue
from citycommons.store.work import City


@pytest.fixture(scope="module")
def town():
    return manifest.find("ideal")


@pytest.fixture(scope="module")
def standing(tmp_path_factory, town):
    """The city, and what became of each item."""
    home = tmp_path_factory.mktemp("ideal") / "home"
    city = City.create(Settings(home=home, name=town.name, basemap=town.basemap))
    yield city, deliver.build(city, town)
    city.close()


def test_every_dataset_of_the_teaching_city_is_published(standing, town):
    _, delivered = standing
    assert {one.item: one.failure for one in delivered if one.failure} == {}
    assert [one.item for one in delivered] == [item.dataset.id for item in town.items]
    assert 400_000 < sum(one.rows for one in delivered) < 600_000
    assert all(one.is_new and one.version.number == 1 for one in delivered)


def test_each_says_who_publishes_it_under_which_licence_and_what_its_columns_mean(standing):
    city, delivered = standing
    with city.work(ANYONE, may_write=False) as work:
        publishers = {publisher.id for publisher in catalogue.publishers(work.db)}
        for one in delivered:
            dataset = catalogue.dataset(work.db, DatasetId(one.item))
            assert dataset.license in {"CC-BY-4.0", "CC0-1.0"}
            assert dataset.attribution == "Città Ideale, generated"
            assert dataset.publisher in publishers
            assert all(set(field.description) == {"en", "it", "fr", "de"}
                       for field in one.version.fields), one.item  # fmt: skip
            assert {field.name for field in one.version.fields} >= set(dataset.key)


def test_a_citizen_reads_the_closed_bridge_in_the_published_counts(standing):
    city, _ = standing
    key = json.loads((city.settings.home / "ideal" / "truth.json").read_text())["closure"]
    with city.work(ANYONE) as work:
        counts = door.open(work, DatasetId("motor-counts"))
    seen = counts.query(
        "select detector, avg(vehicles) filter (where begins::date between ? and ?) "
        "/ avg(vehicles) filter (where begins < ?) as ratio from rows group by detector",
        [key["first_day"], key["last_day"], key["first_day"]],
    )
    ratio = dict(zip(seen["detector"].to_pylist(), seen["ratio"].to_pylist(), strict=True))
    for effect in key["detectors"]:
        assert ratio[effect["detector"]] == pytest.approx(effect["ratio"], rel=0.15)


def test_documented_faults_stand_with_the_version_and_cost_no_row(standing):
    _, delivered = standing
    faults = {one.item: sum(f.count for f in one.version.faults) for one in delivered}
    assert {name: count for name, count in faults.items() if count} == {
        "car-park-occupancy": 36,
        "waste-containers": 2,
    }
    assert all(one.version.rejected == 0 for one in delivered)


def test_every_layer_of_the_basemap_has_shapes_inside_the_city(standing, town):
    _, delivered = standing
    west, south, east, north = town.bounds
    layers = [one.version for one in delivered if one.item in town.basemap]
    assert len(layers) == 4
    for version in layers:
        assert any(field.type is FieldType.GEOMETRY for field in version.fields)
        assert version.bounds[0] >= west
        assert version.bounds[1] >= south
        assert version.bounds[2] <= east
        assert version.bounds[3] <= north


def test_nobody_outside_reads_the_survey_with_the_leaking_column(standing):
    city, _ = standing
    with city.work(ANYONE) as work, pytest.raises(NotFound):
        door.open(work, DatasetId("mobility-survey"))


def test_a_second_build_publishes_nothing(standing, town):
    city, delivered = standing
    again = deliver.build(city, town)
    assert not any(one.is_new for one in again)
    assert [one.version.digest for one in again] == [one.version.digest for one in delivered]
