"""A forgotten copy at an old portal is found by its rows; what only looks alike is not."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from tests.measure.republication.places import TREES
from tests.old_ckan import old_ckan

from citycommons.core.copies import CopyState, Portal, PortalKind, portal_id
from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import SYSTEM, Access, Dataset, PublisherId
from citycommons.measure.republication import keeping
from citycommons.measure.republication.scan import scan
from citycommons.share.publish import describe, prepare, publish
from citycommons.store import copies, fingerprints


def trees(first=0, count=3000):
    numbers = range(first, first + count)
    return pa.table(
        {
            "id": list(numbers),
            "species": [f"Species {n % 37}" for n in numbers],
            "height_m": [round(3 + n * 7 % 250 / 10, 1) for n in numbers],
            "street": [f"Street {n * 31 % 997}" for n in numbers],
        }
    )


def as_csv(table):
    sink = pa.BufferOutputStream()
    pacsv.write_csv(table, sink)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def ckan():
    with old_ckan() as portal:
        yield portal


@pytest.fixture
def city(any_city):
    hosts = {"allow_hosts": ("127.0.0.1",), "public_url": "https://data.testville.example"}
    any_city.settings = any_city.settings.model_copy(update=hosts)
    put(any_city, trees())
    return any_city


def put(city, table, **more):
    given = {"id": TREES, "title": {"en": "Trees in the streets", "de": "Straßenbäume"}}
    dataset = Dataset(**{**given, **more}, publisher=PublisherId("roads"), license="CC0-1.0")
    prepared = prepare(city.lake, dataset, table)
    with city.work(SYSTEM) as work:
        describe(work, dataset)
    with city.work(SYSTEM) as work:
        publish(work, dataset, prepared)


def at(ckan, kind=PortalKind.CKAN):
    return Portal(id=portal_id(ckan.url), name="Old portal", url=ckan.url, kind=kind)


def scanned(city, ckan):
    with city.work(SYSTEM) as work:
        copies.save_portal(work.db, at(ckan))
    return scan(city, at(ckan))


def found(city):
    with city.work(SYSTEM, may_write=False) as work:
        return copies.copies_of(work.db)


def test_a_forgotten_copy_is_found_with_its_similarity(city, ckan):
    page = ckan.hold("strassenbaeume", "Strassenbäume", as_csv(trees().slice(0, 2700)))
    ckan.hold("weather", "Weather", b"t\n1\n")
    result = scanned(city, ckan)
    assert (result.listed, result.candidates, result.compared) == (2, 1, 1)
    [copy] = found(city)
    assert (copy.id,) == result.found
    assert (copy.iri, copy.dataset, copy.state) == (page, TREES, CopyState.FOUND)
    assert copy.version == "1"
    assert copy.similarity == pytest.approx(0.9, abs=0.05)
    assert "of theirs are ours" in copy.reason
    with city.work(SYSTEM, may_write=False) as work:  # its counters are read at once
        assert copies.portal_due(work.db, copy.portal) <= work.now


def test_a_scan_asks_again_only_for_what_is_not_known(city, ckan):
    ckan.hold("trees", "Trees in the streets", as_csv(trees()))
    scanned(city, ckan)
    with city.work(SYSTEM) as work:
        [copy] = found(city)
        copies.save_copy(work.db, replace(copy, state=CopyState.REFUSED), due=None)
    ckan.asked.clear()
    assert scanned(city, ckan).candidates == 0
    assert not any("/files/" in path for path in ckan.asked)
    assert found(city)[0].state is CopyState.REFUSED


def test_another_dataset_of_the_same_shape_and_title_is_not_taken(city, ckan):
    ckan.hold("trees", "Trees in the streets", as_csv(trees(first=50_000)))
    result = scanned(city, ckan)
    assert (result.compared, result.found) == (1, ())


def test_a_copy_of_an_older_version_says_of_which(city, ckan):
    keeping.catch_up(city)
    put(city, trees(first=100_000))
    ckan.hold("trees", "Trees in the streets", as_csv(trees()))
    scanned(city, ckan)
    assert found(city)[0].version == "1"


def test_a_copy_that_lost_a_column_is_found_by_the_others(city, ckan):
    thin = trees().drop_columns(["height_m"])
    ckan.hold("trees", "Trees in the streets", as_csv(thin))
    scanned(city, ckan)
    assert found(city)[0].similarity > 0.95


def test_an_entry_that_lists_our_own_files_copies_nothing(city, ckan):
    ckan.hold("trees", "Trees in the streets", b"")
    link = "https://data.testville.example/data/trees.csv"
    ckan.packages["trees"]["resources"][0]["url"] = link
    result = scanned(city, ckan)
    assert (result.links, result.candidates) == (1, 0)


def test_broken_records_and_files_stop_nothing(city, ckan):
    for number, content in enumerate((b"", b"\x00\xff" * 50, b"<html>no</html>")):
        ckan.hold(f"broken-{number}", "Trees in the streets", content)
    ckan.hold("gone", "Trees in the streets", b"")
    del ckan.files["gone.csv"]
    ckan.packages["odd"] = {"name": ["?"], "title": 7, "resources": "none"}
    page = ckan.hold("trees", "Trees in the streets", as_csv(trees()))
    result = scanned(city, ckan)
    assert [copy.iri for copy in found(city)] == [page]
    assert len(result.failures) + result.compared == 5


def test_hidden_data_and_what_came_from_elsewhere_are_not_looked_for(city, ckan):
    put(city, trees(), access=Access.INTERNAL)
    assert keeping.ours(city) == []
    put(city, trees(), access=Access.PUBLIC, source="https://origin.example/trees")
    assert keeping.ours(city) == []


def test_a_portal_without_a_catalogue_that_is_read_says_so(city, ckan):
    with pytest.raises(Invalid):
        scan(city, at(ckan, PortalKind.PUSH))


def test_a_host_inside_is_not_asked_unless_allowed(city, ckan):
    city.settings = city.settings.model_copy(update={"allow_hosts": ()})
    with pytest.raises(CityError):
        scan(city, at(ckan))
    assert ckan.asked == []


def test_fingerprints_that_are_missing_are_made_once(city):
    assert keeping.catch_up(city) == 1
    assert keeping.catch_up(city) == 0
    with city.work(SYSTEM, may_write=False) as work:
        [kept] = fingerprints.latest(work.db)
    assert (kept.rows, len(kept.minhash)) == (3000, 8 * 1024)
