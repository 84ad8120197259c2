"""`citycommons copies`: portals added, scanned and asked on the command line."""

import pytest
from tests.old_ckan import old_ckan


@pytest.fixture
def ckan():
    with old_ckan() as portal:
        yield portal


@pytest.fixture
def city(home, run):
    """A city with trees, that may ask this machine."""
    with (home / "city.toml").open("a", encoding="utf-8") as file:
        file.write('\nallow_hosts = ["127.0.0.1"]\n')
    lines = "".join(f"{n},Oak {n % 9},{n % 31}\n" for n in range(400))
    trees = home / "trees.csv"
    trees.write_text("id,species,height\n" + lines, "utf-8")
    assert run("publisher", "add", "Parks", "--id", "parks").code == 0
    done = run(
        *("publish", str(trees), "--dataset", "trees", "--title", "Trees of the city"),
        *("--publisher", "parks", "--license", "CC0-1.0"),
    )
    assert done.code == 0, done.err
    return trees


def test_a_copy_is_found_confirmed_and_its_use_asked_for(run, city, ckan):
    page = ckan.hold("old-trees", "Trees of the city", city.read_bytes(), views=50, taken=7)
    added = run("copies", "add-portal", ckan.url, "--json")
    assert added.code == 0, added.err
    assert (added.json["kind"], added.json["name"]) == ("ckan", "Altes Portal")
    scanned = run("copies", "scan", ckan.url)
    assert scanned.code == 0, scanned.err
    assert "1 entries, 1 compared, 1 found." in scanned.out
    [copy] = run("copies", "--json").json
    assert (copy["iri"], copy["state"], copy["similarity"]) == (page, "found", 1.0)
    assert run("copies", "confirm", copy["id"]).out == f"{page}: verified.\n"
    asked = run("copies", "pull")
    assert "1 portals were asked; 0 did not answer well." in asked.out
    [copy] = run("copies", "list", "--dataset", "trees", "--json").json
    assert {one["value"] for one in copy["counters"]} == {50, 7}
    assert "1 copies at 1 portals." in run("copies").out
    assert added.json["id"] in run("copies", "portals").out


def test_a_portal_that_does_not_answer_is_a_sentence_and_a_number(run, city, ckan):
    id = run("copies", "add-portal", ckan.url, "--json").json["id"]
    ckan.answer = lambda path, query: (500, "text/plain", b"")
    assert run("copies", "scan", id).code == 8
    assert run("copies", "scan", "nowhere").code == 4
    assert run("copies", "confirm", "nothing").code == 4
    assert run("copies", "add-portal", "ftp://a.example").code == 5
    assert run("copies", "add-portal", "http://10.1.2.3/").code == 6
