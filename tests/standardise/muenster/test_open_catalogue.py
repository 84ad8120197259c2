from datetime import UTC, datetime

import pytest
import xlsxwriter

from citycommons.core.types import Category, Parcel, PublisherId
from citycommons.standardise.muenster.open_catalogue import (
    known_license,
    open_catalogue,
    plain_text,
)

CITY = PublisherId("stadt-muenster")
COLUMNS = (
    *("Dataset-ID", "Title", "Groups", "Tags", "Description", "Homepage URL", "URL"),
    *("Contact Name", "Geographical Location", "License", "Frequency", "Schlagworte"),
    *("Temporal Coverage Start", "Temporal Coverage End", "Extra-Quelle", "Resource-Name"),
    *("Format", "Resource-Url", "HTTP-Responsecode", "DD License", "DD Licensetext"),
)


@pytest.fixture
def entries(tmp_path):
    def made(*rows: dict[str, str]):
        path = tmp_path / "datensaetze.xlsx"
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet()
            for at, row in enumerate((dict(zip(COLUMNS, COLUMNS, strict=True)), *rows)):
                sheet.write_row(at, 0, [row.get(name, "") for name in COLUMNS])
        parcel = Parcel(path=path, name=path.name, received=datetime(2026, 1, 1, tzinfo=UTC))
        return open_catalogue({"open-data-catalogue": [parcel]}, CITY)

    return made


FIRST = {
    "Dataset-ID": "94a7",
    "Title": "Straßenbäume",
    "Groups": '"Stadtwerke Münster" (40845)',
    "Tags": '"Politik und Wahlen" (50), "Umwelt und Klima" (53)',
    "Description": "<p>Alle&nbsp;Bäume_x000D_</p>",
    "License": "Datenlizenz Deutschland – Namensnennung – Version 2.0",
    "Frequency": "R/P1Y",
    "Resource-Url": "https://town.example/trees.csv",
    "Format": "csv",
    "HTTP-Responsecode": "200",
}
SECOND = {"Resource-Url": "https://town.example/trees.pdf", "HTTP-Responsecode": "404"}


def test_rows_below_a_dataset_are_its_further_files(entries):
    found = entries(FIRST, SECOND)
    (dataset,) = found.datasets
    assert (dataset.id, dataset.publisher) == ("od-strassenbaeume", "stadtwerke-muenster")
    assert [(link.format, link.status) for link in dataset.links] == [("csv", 200), ("", 404)]
    assert dataset.description == {"de": "Alle Bäume"}
    assert (dataset.theme, dataset.category) == ("GOVE", Category.TRANSPARENCY)
    assert (dataset.frequency, dataset.identifier) == ("ANNUAL", "94a7")
    assert {fault.rule: fault.count for fault in found.report.summary} == {"dead-link": 1}


def test_the_city_itself_is_described_by_the_manifest(entries):
    found = entries(FIRST | {"Groups": '"Stadt Münster" (40612)'})
    assert found.datasets[0].publisher == CITY
    assert found.publishers == ()


def test_equal_titles_get_names_of_their_own(entries):
    found = entries(FIRST, FIRST | {"Dataset-ID": "b"}, FIRST | {"Dataset-ID": "c"})
    assert [dataset.id for dataset in found.datasets] == [
        *("od-strassenbaeume", "od-strassenbaeume-2", "od-strassenbaeume-3")
    ]


def test_of_two_licences_the_one_that_asks_more_is_named_and_both_are_told(entries):
    free = "Creative Commons CC Zero License (cc-zero)"
    found = entries(FIRST | {"License": free, "DD License": '"dl-by-de/2.0" (281)'})
    (dataset,) = found.datasets
    assert dataset.license == "dl-de/by-2.0"
    assert free in dataset.description["de"]
    assert found.report.summary[0].rule == "licence"


def test_a_licence_not_stated_is_taken_from_the_files(entries):
    found = entries(FIRST | {"License": "notspecified", "DD License": '"officialWork" (292)'})
    assert found.datasets[0].license == "official-work"


def test_a_licence_stated_nowhere_stays_unspecified(entries):
    found = entries(FIRST | {"License": "notspecified"})
    assert found.datasets[0].license == "unspecified"


@pytest.mark.parametrize(
    ("words", "id"),
    [
        ("Datenlizenz Deutschland – Zero – Version 2.0", "dl-de/zero-2.0"),
        ("dl-by-de/2.0", "dl-de/by-2.0"),
        ("dl-zero-de/2.0", "dl-de/zero-2.0"),
        ("Creative Commons Namensnennung 3.0 DE", "CC-BY-3.0-DE"),
        ("cc-by-de/3.0", "CC-BY-3.0-DE"),
        ("cc-by 4.0", "CC-BY-4.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc-by-sa", "CC-BY-SA-4.0"),
        ("CC-BY-NC", "CC-BY-NC-4.0"),
        ("Open Data Commons Open Database License (ODbL)", "ODbL-1.0"),
        ("Open Data Commons Public Domain Dedication and Licence (ODC PDDL)", "PDDL-1.0"),
        ("GNU Free Documentation License 1.2", "GFDL-1.2"),
        ("other-closed", "unspecified"),
        ("", "unspecified"),
    ],
)
def test_licences_as_the_catalogue_writes_them(words, id):
    assert known_license(words) == id


def test_html_becomes_the_text_a_reader_sees():
    marked = (
        '<p>Eine <b>Liste</b>:<br />\nmit <a href="https://town.example">Verweis</a></p>\r\n'
        "<ul>\n<li>eins</li>\n<li>zwei &amp; drei</li>\n</ul><script></script>"
    )
    assert plain_text(marked) == (
        "Eine Liste:\nmit Verweis (https://town.example)\n\n- eins\n- zwei & drei"
    )


def test_a_dangerous_address_is_not_shown():
    assert plain_text('<a href="javascript:alert(1)">hier</a>') == "hier"
