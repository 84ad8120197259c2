"""A city leaves its old portal: the catalogue comes over, and old addresses still lead to it."""

import gzip
import json

import pytest
from tests.web.web_portal import portal_over

from citycommons.core.settings import Settings
from citycommons.store.work import City

OLD = "https://old.example"
UUID = "11111111-aaaa-bbbb-cccc-00000000000{}"
FILE = "22222222-aaaa-bbbb-cccc-00000000000{}"
PACKAGES = [
    {
        "id": UUID.format(1),
        "name": "bike-counts",
        "title": "Bike counts",
        "license_id": "cc-by",
        "organization": {"id": "o-1", "name": "parks", "title": "Parks"},
        "resources": [
            {"id": FILE.format(1), "url": f"{OLD}/f/counts.csv", "format": "CSV"},
            {"id": FILE.format(2), "url": f"{OLD}/f/notes.pdf", "format": "PDF"},
        ],
        "type": "dataset",
        "state": "active",
    },
    {"id": UUID.format(2), "name": "plans", "title": "Plans", "private": True, "resources": []},
]
ODS = [
    {"dataset_id": "velos", "metas": {"default": {"title": "Vélos", "language": "fr"}}},
    {"datasetid": "arbres", "default.title": "Arbres", "default.language": "fr"},
]
SOCRATA = {
    "results": [
        {
            "resource": {"id": "abcd-1234", "name": "Potholes", "type": "dataset"},
            "classification": {"domain_category": "Transportation", "domain_tags": ["roads"]},
            "metadata": {"license": "Creative Commons 1.0 Universal (CC0 1.0)"},
            "permalink": f"{OLD}/d/abcd-1234",
        },
        {"resource": {"id": "wxyz-9876", "name": "Draft", "audience": "private"}},
    ]
}


@pytest.fixture
def parks(run, home):
    assert run("publisher", "add", "Parks", "--id", "parks").code == 0
    return home


def imported(run, dump, system, *more):
    return run("import", dump, "--from", system, "--portal", OLD, "--publisher", "parks", *more)


def sent(client, path):
    answer = client.get(path, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", "")


@pytest.fixture
def anyone(parks):
    """Somebody with an old address, once the old host name leads here."""
    opened = []

    def client():
        opened.append(City.open(Settings(home=parks)))
        return portal_over(opened[-1]).client()

    yield client
    for city in opened:
        city.close()


def test_a_ckan_is_left_behind(run, parks, anyone, tmp_path):
    dump = tmp_path / "datasets.jsonl.gz"
    dump.write_bytes(gzip.compress("\n".join(map(json.dumps, PACKAGES)).encode()))
    done = imported(run, dump, "ckan", "--json")
    assert done.code == 0, done.err
    assert done.json["run"]["counts"]["new"] == 2
    again = imported(run, dump, "ckan", "--json")
    assert again.json["run"]["counts"]["same"] == 2
    assert again.json["old_addresses"] == done.json["old_addresses"]
    client = anyone()
    page = (301, "/datasets/bike-counts")
    assert sent(client, "/dataset/bike-counts") == page
    assert sent(client, "/dataset/bike-counts/") == page
    assert sent(client, f"/de/dataset/{UUID.format(1).upper()}") == page
    assert sent(client, f"/dataset/x/resource/{FILE.format(1)}") == page
    assert sent(client, f"/dataset/bike-counts/resource/{FILE.format(9)}") == page
    assert sent(client, f"/dataset/x/resource/{FILE.format(1)}/download/a.csv") == page
    assert sent(client, "/dataset/bike-counts.rdf") == (301, "/datasets/bike-counts.rdf")
    assert sent(client, "/organization/parks") == (301, "/publishers/parks")
    assert client.get("/dataset/bike-counts").status_code == 200


def test_nobody_learns_of_what_was_private(run, parks, anyone, tmp_path):
    dump = tmp_path / "datasets.jsonl"
    dump.write_text("\n".join(map(json.dumps, PACKAGES)), "utf-8")
    assert imported(run, dump, "ckan").code == 0
    client = anyone()
    hidden = client.get(f"/dataset/{UUID.format(2)}", follow_redirects=False)
    absent = client.get(f"/dataset/{UUID.format(3)}", follow_redirects=False)
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.json()["detail"] == absent.json()["detail"]


def test_the_old_file_is_the_new_one_where_it_was_brought(run, parks, anyone, tmp_path):
    dump = tmp_path / "datasets.jsonl"
    dump.write_text(json.dumps(PACKAGES[0]), "utf-8")
    assert imported(run, dump, "ckan").code == 0
    table = tmp_path / "counts.csv"
    table.write_text("a,b\n1,2\n", "utf-8")
    assert run("publish", table, "--dataset", "bike-counts").code == 0
    city = City.open(Settings(home=parks))
    _say_it_came_from(city, f"{OLD}/f/counts.csv")
    city.close()
    client = anyone()
    first = f"/dataset/bike-counts/resource/{FILE.format(1)}/download/counts.csv"
    assert sent(client, first) == (301, "/data/bike-counts@latest.csv")
    other = f"/dataset/bike-counts/resource/{FILE.format(2)}/download/notes.pdf"
    assert sent(client, other) == (301, "/datasets/bike-counts")
    assert client.get(first).text == "a,b\r\n1,2\r\n"


def _say_it_came_from(city, url):
    from dataclasses import replace

    from citycommons.core.types import SYSTEM
    from citycommons.store import catalogue

    with city.work(SYSTEM) as work:
        version = catalogue.version(work.db, "bike-counts")
        provenance = replace(version.provenance, origin=url)
        catalogue.replace_version(work.db, replace(version, provenance=provenance))


def test_an_opendatasoft_is_left_behind(run, parks, anyone, tmp_path):
    dump = tmp_path / "catalog.json"
    dump.write_text(json.dumps(ODS), "utf-8")
    done = imported(run, dump, "opendatasoft")
    assert done.code == 0, done.err
    client = anyone()
    for path in (
        "/explore/dataset/velos/",
        "/explore/dataset/velos/table/",
        "/explore/embed/dataset/velos/map/",
        "/explore/dataset/velos/download/?format=csv",  # no rows came over
        "/api/explore/v2.0/catalog/datasets/velos/exports/csv",
    ):
        assert sent(client, path) == (301, "/datasets/velos"), path
    assert sent(client, "/explore/dataset/arbres/") == (301, "/datasets/arbres")
    assert run("publish", _table(tmp_path), "--dataset", "velos").code == 0
    client = anyone()
    wanted = (301, "/data/velos@latest.csv")
    assert sent(client, "/explore/dataset/velos/download/?format=csv") == wanted


def test_a_socrata_is_left_behind(run, parks, anyone, tmp_path):
    dump = tmp_path / "catalog.json"
    dump.write_text(json.dumps(SOCRATA), "utf-8")
    done = imported(run, dump, "socrata")
    assert done.code == 0, done.err
    assert run("publish", _table(tmp_path), "--dataset", "potholes").code == 0
    client = anyone()
    told = client.get("/datasets/potholes.json").json()
    assert (told["license"], told["theme"]) == ("CC0-1.0", "TRAN")
    assert client.get("/datasets/draft.json").status_code == 404
    page = (301, "/datasets/potholes")
    for path in ("/d/abcd-1234", "/Transportation/Potholes-2026/abcd-1234", "/dataset/P/abcd-1234"):
        assert sent(client, path) == page, path
    rows = (301, "/data/potholes@latest.csv")
    assert sent(client, "/api/views/abcd-1234/rows.csv?accessType=DOWNLOAD") == rows
    assert sent(client, "/resource/abcd-1234.csv") == rows
    assert sent(client, "/resource/abcd-1234.json") == (301, "/data/potholes@latest.json")
    assert sent(client, "/d/wxyz-9876") == (404, "")


def _table(folder):
    path = folder / "table.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{not json", "line 1"),
        (b"[]", "holds no dataset"),
        (b"\x1f\x8bbroken", "cannot be unpacked"),
        (b'{"id": "o", "name": "an organisation"}', "holds no dataset"),
    ],
)
def test_what_is_no_dump_is_refused_in_a_sentence(run, parks, tmp_path, content, said):
    dump = tmp_path / "dump.json"
    dump.write_bytes(content)
    done = imported(run, dump, "ckan")
    assert done.code == 8
    assert said in done.err
    assert imported(run, tmp_path / "absent.json", "ckan").code == 4
    assert run("import", dump, "--from", "ckan", "--portal", "old").code == 5
