"""DCAT-AP graphs of four countries as entries."""

from datetime import date

import pytest
from tests.standardise.records.told import entry_of, links

from citycommons.core.errors import Invalid
from citycommons.core.types import Access

PREFIXES = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dcatde: <http://dcat-ap.de/def/dcatde/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix schema: <http://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix eu: <http://publications.europa.eu/resource/authority/> .
@prefix auth: <http://publications.europa.eu/resource/authority/data-theme/> .
"""
IRI = "https://city.example/d/trees"
AUTHORITY = "http://publications.europa.eu/resource/authority"
FULL = (
    PREFIXES
    + f"""
<{IRI}> a dcat:Dataset ;
  dct:identifier "tr-1" ;
  dct:title "Bäume"@de, "Alberi"@it, "Arbres"@fr, "Trees"@en-GB ;
  dct:description "<p>Alle Bäume</p>"@de ;
  dcat:keyword "Baum"@de, "tree"@en ;
  dcat:theme <{AUTHORITY}/data-theme/ENVI> ;
  dct:accrualPeriodicity <{AUTHORITY}/frequency/ANNUAL> ;
  dct:accessRights <{AUTHORITY}/access-right/PUBLIC> ;
  dct:publisher [ a foaf:Organization ; foaf:name "Grünamt"@de ] ;
  dcat:contactPoint [ a vcard:Kind ; vcard:fn "Frau Ahorn" ] ;
  dct:spatial [ skos:prefLabel "Münster" ] ;
  dct:temporal [ dcat:startDate "2015-01-01"^^xsd:date ; dcat:endDate "2016-12-31"^^xsd:date ] ;
  dcat:landingPage <https://city.example/trees> ;
  dcat:distribution <{IRI}/csv>, <{IRI}/wfs> .
<{IRI}/csv> a dcat:Distribution ; dct:title "Tabelle"@de ;
  dcat:accessURL <https://city.example/trees> ; dcat:downloadURL <https://city.example/t.csv> ;
  dcat:mediaType <https://www.iana.org/assignments/media-types/text/csv> ;
  dcatde:licenseAttributionByText "Stadt Münster, Grünamt" ;
  dct:license <http://dcat-ap.de/def/licenses/dl-by-de/2.0> .
<{IRI}/wfs> a dcat:Distribution ; dct:format <{AUTHORITY}/file-type/WFS_SRVC> ;
  dcat:accessURL <https://city.example/wfs> ;
  dct:license <http://dcat-ap.de/def/licenses/dl-by-de/2.0> .
"""
)


def dcat(tmp_path, turtle, *, iri=IRI, **more):
    return entry_of(tmp_path, "dcat", turtle.encode(), identifier=iri, origin=iri, **more)


def test_a_full_record(tmp_path):
    found = dcat(tmp_path, FULL)
    assert (found.id, found.identifier, found.source) == ("trees", "tr-1", IRI)
    assert found.title == {"de": "Bäume", "it": "Alberi", "fr": "Arbres", "en": "Trees"}
    assert found.description == {"de": "Alle Bäume"}
    assert (found.license, found.attribution) == ("dl-de/by-2.0", "Stadt Münster, Grünamt")
    assert (found.theme, found.frequency, found.access) == ("ENVI", "ANNUAL", Access.PUBLIC)
    assert set(found.keywords) == {"Baum", "tree"}
    assert (found.place, found.steward) == ("Münster", "Frau Ahorn")
    assert found.temporal == (date(2015, 1, 1), date(2016, 12, 31))
    assert found.landing_page == "https://city.example/trees"
    assert links(found) == [
        ("https://city.example/t.csv", "CSV"),
        ("https://city.example/wfs", "WFS"),
    ]
    assert found.links[0].title == "Tabelle"


@pytest.mark.parametrize("language", ["DEU", "FRA", "ITA", "ENG"])
def test_texts_without_a_language_are_of_the_records_one(tmp_path, language):
    found = dcat(
        tmp_path,
        f'{PREFIXES}<{IRI}> a dcat:Dataset ; dct:title "T" ; '
        f"dct:language <{AUTHORITY}/language/{language}> .",
        language="en",
    )
    assert found.title == {{"DEU": "de", "FRA": "fr", "ITA": "it", "ENG": "en"}[language]: "T"}


def test_a_licence_in_words_and_files_that_differ(tmp_path):
    found = dcat(
        tmp_path,
        f"""{PREFIXES}<{IRI}> a dcat:Dataset ; dct:title "Conteggi"@it ;
        dcat:distribution [ dcat:accessURL <https://x.example/a> ;
          dct:license [ dct:title "IODL 2.0" ] ], [ dcat:accessURL <https://x.example/b> ;
          dct:license <https://creativecommons.org/licenses/by-nc/4.0/> ] .""",
    )
    assert found.license == "unspecified"
    words = found.description["it"]
    assert words.startswith("Licenza come indicata dalla fonte: «")
    assert "IODL 2.0" in words
    assert "creativecommons.org/licenses/by-nc/4.0" in words


def test_access_rights_are_no_licence_and_close_the_entry(tmp_path):
    found = dcat(
        tmp_path,
        f"""{PREFIXES}<{IRI}> a dcat:Dataset ; dct:title "T" ;
        dct:accessRights <{AUTHORITY}/access-right/NON_PUBLIC> ;
        dcat:distribution [ dcat:accessURL <https://x.example/a> ;
          dct:rights <{AUTHORITY}/access-right/PUBLIC> ] .""",
        license="CC0-1.0",
    )
    assert (found.access, found.license) == (Access.INTERNAL, "CC0-1.0")


def test_older_terms_for_periods_and_services_without_files(tmp_path):
    found = dcat(
        tmp_path,
        f"""{PREFIXES}<{IRI}> a dcat:Dataset ; dct:title "T" ;
        dct:temporal [ schema:startDate "2019-03-01" ; schema:endDate "2019-03-31" ] ;
        dcat:distribution [ dct:title "Dienst" ; dcat:accessService
          [ dcat:endpointURL <https://x.example/ows?service=WFS> ] ] .""",
    )
    assert found.temporal == (date(2019, 3, 1), date(2019, 3, 31))
    assert links(found) == [("https://x.example/ows?service=WFS", "WFS")]


@pytest.mark.parametrize(
    ("turtle", "message"),
    [
        (f"{PREFIXES}<{IRI}> a dcat:Dataset ; dct:description 'x' .", f"{IRI} has no title"),
        (f"{PREFIXES}<https://city.example/> dcat:dataset <{IRI}> .", "has no title|says nothing"),
        ('<https://x.example/2> dct:title "Two@@" ; ; = .', "no RDF that can be read"),
    ],
)
def test_a_bad_record_is_one_fault(tmp_path, turtle, message):
    with pytest.raises(Invalid, match=message):
        dcat(tmp_path, turtle)


def test_what_is_said_to_be_of_high_value_is_kept_as_a_keyword(tmp_path):
    said = "<http://data.europa.eu/bna/c_b79e35eb>, <http://data.europa.eu/bna/c_unknown>"
    graph = (
        f'{PREFIXES} <{IRI}> a dcat:Dataset ; dct:title "T" ; dcat:keyword "hvd:mobility", "x" ;\n'
    )
    graph += f"<http://data.europa.eu/r5r/hvdCategory> {said} ."
    found = entry_of(tmp_path, "dcat", graph.encode(), identifier=IRI)
    assert sorted(found.keywords) == ["hvd:mobility", "x"]
