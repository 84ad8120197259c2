"""Themes, frequencies, formats and periods in the words of four languages."""

from datetime import date

import pytest

from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.frequencies import frequency_of
from citycommons.standardise.records.periods import interval, period
from citycommons.standardise.records.themes import code_of, theme_of


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("http://publications.europa.eu/resource/authority/data-theme/TRAN", "TRAN"),
        ("gove", "GOVE"),
        ("Transport und Verkehr", "TRAN"),
        ("Umwelt und Klima", "ENVI"),
        ("politik-und-wahlen", "GOVE"),
        ("Kultur, Freizeit, Sport und Tourismus", "EDUC"),
        ("Trasporti", "TRAN"),
        ("Regioni e città", "REGI"),
        ("Mobilité et transport", "TRAN"),
        ("Urbanisme, Logement", "REGI"),
        ("Population and society", "SOCI"),
        ("inlandWaters", "ENVI"),
        ("Gruppe A", ""),
        ("Wirtschaft und Umwelt", ""),
        ("Environnement, Énergie", ""),
    ],
)
def test_a_theme_is_mapped_where_it_is_clear(said, code):
    assert code_of(said) == code


def test_the_theme_of_a_dataset_is_what_most_say_and_keywords_only_when_they_agree():
    assert theme_of(["Umwelt", "Verkehr", "Mobilität"]) == "TRAN"
    assert theme_of(["Gruppe A"], ["Bäume", "Kataster", "Luft"]) == "ENVI"
    assert theme_of([], ["Bäume", "Verkehr"]) == ""


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("http://publications.europa.eu/resource/authority/frequency/DAILY", "DAILY"),
        ("http://purl.org/cld/freq/semiannual", "ANNUAL_2"),
        ("R/P1Y", "ANNUAL"),
        ("R/PT1S", "CONT"),
        ("P1M", "MONTHLY"),
        ("täglich", "DAILY"),
        ("mensile", "MONTHLY"),
        ("hebdomadaire", "WEEKLY"),
        ("in tempo reale", "CONT"),
        ("asNeeded", "AS_NEEDED"),
        ("semiannual", "ANNUAL_2"),
        ("Bei Bedarf", "AS_NEEDED"),
        ("unknown", ""),
        ("when the moon is full", ""),
        ("", ""),
    ],
)
def test_frequencies(said, code):
    assert frequency_of(said) == code


@pytest.mark.parametrize(
    ("said", "url", "format"),
    [
        (["http://publications.europa.eu/resource/authority/file-type/CSV"], "", "CSV"),
        (["https://www.iana.org/assignments/media-types/application/geo+json"], "", "GeoJSON"),
        (["text/csv; charset=utf-8"], "https://x.example/a.txt", "CSV"),
        (["application/octet-stream"], "https://x.example/a.geojson?v=1", "GeoJSON"),
        ([".xlsx"], "", "XLSX"),
        (["OGC:WFS-2.0.0-http-get-capabilities"], "", "WFS"),
        (["WWW:LINK-1.0-http--link"], "https://x.example/data.zip", "ZIP"),
        ([], "https://x.example/ows?SERVICE=WMS&REQUEST=GetCapabilities", "WMS"),
        (["ESRI Shapefile"], "", "Shapefile"),
        (["Lotus 1-2-3"], "", "LOTUS 1-2-3"),
        ([], "https://x.example/index.php", ""),
    ],
)
def test_formats(said, url, format):
    assert format_of(said, url) == format


def test_periods_reach_to_the_end_of_what_is_said():
    assert interval("2015/2016") == (date(2015, 1, 1), date(2016, 12, 31))
    assert interval("2015-02") == (date(2015, 2, 1), date(2015, 2, 28))
    assert interval("2015-03/P1Y") == (date(2015, 3, 1), date(2016, 2, 29))
    assert interval("../2016-01-05T00:00:00Z") == (None, date(2016, 1, 5))
    assert period("01.03.2015", "") == (date(2015, 3, 1), None)
    assert period("2016", "2015") == (None, None)
    assert period("soon", "2015-13-40") == (None, None)
