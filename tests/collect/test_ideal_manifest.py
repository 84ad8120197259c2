"""The manifest of Città Ideale describes its files, column by column, in four languages."""

import pytest

from citycommons.collect import manifest
from citycommons.collect.ideal import Ideal
from citycommons.core.tables import fields_of
from citycommons.core.types import Access, Category, FieldType
from citycommons.govern.licenses import LICENSES
from citycommons.standardise.read import read

LANGUAGES = {"en", "it", "fr", "de"}


@pytest.fixture(scope="module")
def city():
    return manifest.find("ideal")


@pytest.fixture(scope="module")
def parcels(tmp_path_factory):
    return {p.name: p for p in Ideal(folder=tmp_path_factory.mktemp("ideal")).fetch()}


def test_every_file_is_one_dataset_of_the_manifest(city, parcels):
    named = sorted(source.options["file"] for source in city.sources.values())
    assert named == sorted(parcels)
    assert {source.connector for source in city.sources.values()} == {"ideal"}
    assert sorted(s for item in city.items for s in item.sources) == sorted(city.sources)


def test_every_column_is_found_as_it_is_described(city, parcels):
    for item in city.items:
        parcel = parcels[city.sources[item.sources[0]].options["file"]]
        table, report = read(parcel, declared=item.dataset.fields)
        described = {field.name: field.type for field in item.dataset.fields}
        found = {field.name: field.type for field in fields_of(table)}
        assert found == described, item.dataset.id
        assert table.num_rows > 2
        assert report.rejected == 0, item.dataset.id
        keys = table.select(list(item.dataset.key)).group_by(list(item.dataset.key)).aggregate([])
        assert keys.num_rows == table.num_rows, item.dataset.id


def test_the_documented_faults_are_found_and_no_others(city, parcels):
    faults = {}
    for item in city.items:
        parcel = parcels[city.sources[item.sources[0]].options["file"]]
        _, report = read(parcel, declared=item.dataset.fields)
        if report.summary:
            faults[item.dataset.id] = sum(fault.count for fault in report.summary)
    assert faults == {"car-park-occupancy": 36, "waste-containers": 2}


def test_titles_descriptions_and_fields_speak_four_languages(city):
    for item in city.items:
        dataset = item.dataset
        assert set(dataset.title) == set(dataset.description) == LANGUAGES
        assert dataset.license in LICENSES
        assert dataset.attribution == "Città Ideale, generated"
        assert dataset.key
        assert dataset.theme
        assert dataset.frequency
        assert dataset.steward
        for field in dataset.fields:
            assert set(field.description) == LANGUAGES, (dataset.id, field.name)
            if field.type is FieldType.NUMBER:
                assert field.unit, (dataset.id, field.name)


def test_only_the_survey_is_personal_and_stays_inside(city):
    personal = [item.dataset for item in city.items if item.dataset.category is Category.PERSONAL]
    assert [dataset.id for dataset in personal] == ["mobility-survey"]
    assert personal[0].access is Access.INTERNAL
    assert any(field.is_sensitive for field in personal[0].fields)


def test_the_map_rests_on_published_layers(city):
    assert set(city.basemap) == {"zones", "green", "water", "streets"}
    west, south, east, north = city.bounds
    assert west < 11.0 < east
    assert south < 43.6 < north
