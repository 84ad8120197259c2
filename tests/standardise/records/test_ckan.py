"""CKAN packages as portals of four countries give them."""

from datetime import date

import pytest
from tests.standardise.records.told import entry_of, links

from citycommons.core.errors import Invalid
from citycommons.core.types import Access, Category

ORIGIN = "https://data.city.example/api/3/action/package_show?id=4f1a"
GERMAN = {
    "id": "4f1a",
    "name": "baumkataster",
    "title": "Baumkataster &amp; Alleen",
    "notes": "<p>Alle B&auml;ume.</p><p>Stand: heute</p>",
    "license_id": "http://dcat-ap.de/def/licenses/dl-by-de/2.0",
    "license_title": "Datenlizenz Deutschland Namensnennung 2.0",
    "license_url": "https://www.govdata.de/dl-de/by-2-0",
    "organization": {"name": "gruen", "title": "Amt für Grünflächen"},
    "maintainer": "Frau Ahorn",
    "tags": [{"name": "baum", "display_name": "Baum"}, {"name": "Umwelt"}],
    "groups": [{"name": "envi", "title": "Umwelt", "display_name": "Umwelt"}],
    "metadata_modified": "2026-01-02T03:04:05",
    "extras": [
        {"key": "temporal_start", "value": "2015"},
        {"key": "temporal_end", "value": "2016-06"},
        {"key": "frequency", "value": "jährlich"},
        {"key": "spatial", "value": '{"type":"Point","coordinates":[7.6,51.9]}'},
        {"key": "spatial_text", "value": "Münster"},
        {"key": "licenseAttributionByText", "value": "Stadt Münster"},
    ],
    "resources": [
        {"name": "Tabelle", "url": "https://data.city.example/b.csv", "format": "CSV"},
        {"name": "Karte", "url": "/dataset/4f1a/b.zip", "format": "", "mimetype": None},
        {"name": "ohne Adresse", "url": "", "format": "PDF"},
    ],
}


def test_a_german_package(tmp_path):
    found = entry_of(tmp_path, "ckan", GERMAN, origin=ORIGIN, identifier="4f1a", language="de")
    assert found.id == "baumkataster-alleen"
    assert (found.identifier, found.source) == ("4f1a", "https://data.city.example/dataset/4f1a")
    assert found.landing_page == "https://data.city.example/dataset/baumkataster"
    assert found.title == {"de": "Baumkataster & Alleen"}
    assert found.description == {"de": "Alle Bäume.\n\nStand: heute"}
    assert (found.publisher, found.steward) == ("city", "Frau Ahorn")
    assert (found.license, found.theme, found.frequency) == ("dl-de/by-2.0", "ENVI", "ANNUAL")
    assert found.keywords == ("Baum", "Umwelt")
    assert (found.place, found.temporal) == ("Münster", (date(2015, 1, 1), date(2016, 6, 30)))
    assert links(found) == [
        ("https://data.city.example/b.csv", "CSV"),
        ("https://data.city.example/dataset/4f1a/b.zip", "ZIP"),
    ]
    assert found.links[0].title == "Tabelle"
    assert found.attribution == "Amt für Grünflächen"


def test_an_italian_package_with_dcat_ap_it_extras(tmp_path):
    record = {
        "id": "b2",
        "name": "parcheggi",
        "title": "Parcheggi pubblici",
        "notes": "Elenco",
        "identifier": "c_h501:PARK",
        "license_title": "Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)",
        "themes_aggregate": '[{"subthemes": [], "theme": "TRAN"}]',
        "frequency": "DAILY",
        "publisher_name": "Comune di Prova",
        "temporal_coverage": '[{"temporal_start": "2020-01-01", "temporal_end": "2020-12-31"}]',
        "extras": [{"key": "uri", "value": "https://dati.example/resource/park"}],
    }
    found = entry_of(tmp_path, "ckan", record, origin=ORIGIN, language="it")
    assert (found.identifier, found.source) == ("c_h501:PARK", "https://dati.example/resource/park")
    assert (found.license, found.theme, found.frequency) == ("CC-BY-4.0", "TRAN", "DAILY")
    assert found.attribution == "Comune di Prova"
    assert found.temporal == (date(2020, 1, 1), date(2020, 12, 31))


def test_a_swiss_package_in_four_languages(tmp_path):
    record = {
        "id": "c3",
        "name": "x",
        "title": {"de": "Velozählung", "fr": "Comptage vélo", "it": "", "en": "Bicycle count"},
        "description": {"de": "Zählung", "fr": "Comptage"},
        "keywords": {"de": ["velo"], "fr": ["vélo"]},
        "groups": [{"name": "mobility", "title": {"de": "Mobilität"}}],
        "accrual_periodicity": "http://publications.europa.eu/resource/authority/frequency/HOURLY",
        "resources": [{"title": {"fr": "Fichier"}, "url": "https://x.example/d", "media_type":
                       "text/csv", "license": "https://opendata.swiss/terms-of-use#terms_by"}],
    }  # fmt: skip
    found = entry_of(tmp_path, "ckan", record, origin=ORIGIN, language="de")
    assert found.title == {"de": "Velozählung", "fr": "Comptage vélo", "en": "Bicycle count"}
    assert found.keywords == ("velo", "vélo")
    assert (found.theme, found.frequency) == ("TRAN", "HOURLY")
    assert found.links[0].title == "Fichier"
    assert found.license == "unspecified"
    kept = "https://opendata.swiss/terms-of-use#terms_by"
    assert found.description["de"].endswith(f"Lizenz nach Angabe der Quelle: „{kept}“.")
    assert found.description["fr"].endswith(f"Licence telle que la source l’indique : « {kept} ».")


def test_a_french_package_with_fluent_fields_and_a_private_one(tmp_path):
    record = {
        "id": "d4",
        "name": "arbres",
        "title": "ignored",
        "title_translated": {"fr": "Arbres", "en": "Trees"},
        "notes_translated": {"fr": "Tous les arbres"},
        "license_id": "lov2",
        "private": True,
    }
    found = entry_of(tmp_path, "ckan", record, origin=ORIGIN, prefix="lyon")
    assert found.id == "lyon-trees"
    assert found.title == {"fr": "Arbres", "en": "Trees"}
    assert (found.license, found.access) == ("etalab-2.0", Access.INTERNAL)


def test_a_record_that_says_nothing_gets_what_the_source_says(tmp_path):
    found = entry_of(
        tmp_path, "ckan", {"id": "e5", "title": "Budget 2026", "license_id": "notspecified",
                           "groups": [{"name": "haushalt"}]},
        origin=ORIGIN, license="CC0-1.0", attribution="Stadt X",
    )  # fmt: skip
    assert (found.license, found.attribution) == ("CC0-1.0", "Stadt X")
    assert (found.theme, found.category) == ("ECON", Category.TRANSPARENCY)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"id": "x7"}, "x7 has no title"),
        ({"id": "x7", "title": "<p> </p>"}, "x7 has no title"),
        ("what?", "x7 is a str"),
        (b"{broken", "x7 is no JSON"),
        ({"id": "x7", "name": "x7", "error": "500 at that address"}, "500 at that address"),
    ],
)
def test_a_bad_record_is_one_fault_that_names_it(tmp_path, record, message):
    with pytest.raises(Invalid, match=message):
        entry_of(tmp_path, "ckan", record, origin=ORIGIN, identifier="x7")


@pytest.mark.parametrize("odd", [None, 7, "text", ["a", 3], {"a": {"b": []}}, [[]], [{"key": {}}]])
@pytest.mark.parametrize("name", [*GERMAN, "theme", "language", "themes_aggregate", "temporal"])
def test_a_field_of_another_shape_never_breaks_in_another_way(tmp_path, name, odd):
    try:
        found = entry_of(tmp_path, "ckan", GERMAN | {name: odd}, origin=ORIGIN)
    except Invalid as refused:
        assert name == "title" and "no title" in refused.message  # noqa: PT017, PT018
    else:
        assert found.title
