"""Licences as catalogues of four countries write them; none is invented."""

import pytest

from citycommons.standardise.records.licences import license_of, named


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("cc-by", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by/4.0/deed.de", "CC-BY-4.0"),
        ("http://publications.europa.eu/resource/authority/licence/CC_BY_4_0", "CC-BY-4.0"),
        ("https://w3id.org/italia/controlled-vocabulary/licences/A21_CCBY40", "CC-BY-4.0"),
        ("Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)", "CC-BY-4.0"),
        ("Creative Commons Attribution 3.0", "CC-BY-3.0"),
        ("http://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
        ("http://dcat-ap.de/def/licenses/cc-by-de/3.0", "CC-BY-3.0-DE"),
        ("CC BY 3.0 DE", "CC-BY-3.0-DE"),
        ("cc-by-nc", "CC-BY-NC-4.0"),
        ("Creative Commons Namensnennung - Weitergabe unter gleichen Bedingungen", "CC-BY-SA-4.0"),
        ("cc-zero", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://dcat-ap.de/def/licenses/dl-by-de/2.0", "dl-de/by-2.0"),
        ("Datenlizenz Deutschland – Namensnennung – Version 2.0", "dl-de/by-2.0"),
        ("dl-de-by-1.0", "dl-de/by-1.0"),
        ("dl-zero-de/2.0", "dl-de/zero-2.0"),
        ("lov2", "etalab-2.0"),
        ("fr-lo", "etalab-1.0"),
        ("Licence Ouverte v2.0 (Etalab)", "etalab-2.0"),
        ("Italian Open Data License v2.0", "IODL-2.0"),
        ("odc-odbl", "ODbL-1.0"),
    ],
)
def test_a_licence_said_clearly_is_ours(words, id):
    assert named([words]) == id


@pytest.mark.parametrize(
    "words",
    [
        "Public Domain",
        "other-open",
        "Creative Commons Attribution 2.5 Italia",
        "https://creativecommons.org/licenses/by/3.0/it/",
        "cc-by-nc-sa",
        "dl-de-by",
        "Datenlizenz Deutschland Namensnennung nicht-kommerziell 1.0",
        "Licence Ouverte",
        "IODL",
        "Ask the mayor",
    ],
)
def test_another_version_or_an_unknown_licence_is_none_of_ours(words):
    assert named([words]) == "unspecified"


@pytest.mark.parametrize("words", ["", "notspecified", "Not specified", "nicht angegeben", "other"])
def test_words_that_say_nothing_are_no_statement(words):
    assert named([words]) == ""
    assert license_of([[words]], "CC0-1.0") == ("CC0-1.0", "")


def test_id_title_and_address_are_one_statement():
    said = ["cc-by", "My own words for it", "https://creativecommons.org/licenses/by/4.0/"]
    assert license_of([said, ["CC BY 4.0"], [""]], "unspecified") == ("CC-BY-4.0", "")


def test_statements_that_contradict_one_another_are_kept_as_words():
    found = license_of([["CC0"], ["cc-by-nc", "Nicht kommerziell"]], "CC-BY-4.0")
    assert found == ("unspecified", "CC0 / Nicht kommerziell")
    assert named(["cc-by", "https://creativecommons.org/publicdomain/zero/1.0/"]) == "unspecified"


def test_a_licence_without_a_name_of_ours_keeps_its_words():
    said = ["custom", "Free for schools", "https://city.example/terms"]
    assert license_of([said], "CC0-1.0") == (
        "unspecified",
        "Free for schools (https://city.example/terms)",
    )
