"""Two and three real portals: what was used at a copy comes back to the origin, exactly, once."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from tests.measure.republication.cities import ROADS, Portal, portal

from citycommons.core.copies import CopyState
from citycommons.core.counting import Method, Metric
from citycommons.core.types import SYSTEM, Dataset, DatasetId, Link
from citycommons.measure.republication import announce, inbox, pull, verifying
from citycommons.share.publish import describe
from citycommons.store import copies


@pytest.fixture(scope="module")
def three(
    made_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Portal, Portal, Portal]]:
    """A has data, B copied them from A, and C from B; all were announced and verified."""
    folder = tmp_path_factory.mktemp("cities")
    with ExitStack() as stack:
        names = ("athens", "bologna", "chania")
        makings = (portal(made_home, folder / name, name.title()) for name in names)
        a, b, c = [stack.enter_context(one) for one in makings]
        for one in (a, b, c):
            one.wait()
        a.publish()
        b.harvest(a)
        c.harvest(b)
        for copier, origin in ((b, a), (c, b)):
            assert announce.announce_due(copier.city) == 1
            assert inbox.work_off(origin.city) == 1
        yield a, b, c


def known(one: Portal) -> dict[str, CopyState]:
    with one.city.work(SYSTEM, may_write=False) as work:
        return {copy.iri: copy.state for copy in copies.copies_of(work.db)}


def requests(one: Portal, iri: str, *methods: Method) -> int:
    """Requests of a copy as its origin knows them, all months together."""
    with one.city.work(SYSTEM, may_write=False) as work:
        copy = copies.copy_at(work.db, iri)
        found = copies.counts(work.db, [copy.id]) if copy else []
    wanted = methods or tuple(Method)
    found = [one for one in found if one.method in wanted]
    return sum(one.count for one in found if one.metric is Metric.TOTAL_REQUESTS)


def test_downloads_at_copies_and_their_copies_are_known_to_the_origin(three) -> None:
    a, b, c = three
    at_b, at_c = b.copy_of(a), c.copy_of(b)
    iri_b, iri_c = f"{b.url}/datasets/{at_b.id}", f"{c.url}/datasets/{at_c.id}"
    assert known(a) == {iri_b: CopyState.VERIFIED}
    b.download(at_b.id, 10)
    c.download(at_c.id, 7, agent="curl/8.5.0")
    for one in (b, c):
        one.settle()
    assert pull.pull_now(b.city) == 1
    assert requests(b, iri_c) == 7
    for _ in range(2):  # C8: reported twice, they show as ten
        pull.pull_now(a.city)
        # By people: that C's harvester took the file is a use of B's, by a machine.
        assert requests(a, iri_b, Method.REGULAR) == 10
        assert requests(a, iri_c) == 7
    assert known(a) == {iri_b: CopyState.VERIFIED, iri_c: CopyState.VERIFIED}


def test_a_stranger_sees_no_small_counts_and_no_copies_of_copies_with_them(three) -> None:
    a, b, _ = three
    seen = orjson.loads(b.get(f"/reports/dsr?origin={quote(a.url + '/')}"))
    counts = [
        instance["count"]
        for one in seen["report-datasets"]
        for each in one["performance"]
        for instance in each["instance"]
    ]
    assert counts
    assert min(counts) >= 5


def test_robots_and_double_clicks_at_a_copy_are_not_told_to_the_origin(three) -> None:
    a, b, _ = three
    at_b = b.copy_of(a)
    iri = f"{b.url}/datasets/{at_b.id}"
    pull.pull_now(a.city)
    before = requests(a, iri)
    b.download(at_b.id, 3, agent="Mozilla/5.0 (compatible; Googlebot/2.1)", start=500)
    for _ in range(4):  # within thirty seconds: once
        b.download(at_b.id, 1, start=600)
    pull.pull_now(a.city)
    assert requests(a, iri) == before + 1


def test_a_copy_that_only_links_to_the_origins_file_reports_no_request(three) -> None:
    a, _, c = three
    c.publish(DatasetId("own"))
    a.publish(DatasetId("roads"))
    with c.city.work(SYSTEM) as work:
        entry = Dataset(
            id=DatasetId("linked"),
            title={"en": "Roads"},
            publisher=ROADS,
            license="CC-BY-4.0",
            source=f"{a.url}/datasets/roads",
            links=(Link(url=f"{a.url}/data/roads@1.csv", format="csv"),),
        )
        describe(work, entry)
    assert announce.announce_due(c.city) == 1
    assert inbox.work_off(a.city) == 1
    iri = f"{c.url}/datasets/linked"
    assert known(a)[iri] is CopyState.VERIFIED
    for reader in range(6):
        c.get("/datasets/linked.json", reader=reader)
        a.get("/data/roads@1.csv", reader=reader)  # where the link leads: counted there
    pull.pull_now(a.city)
    assert requests(a, iri) == 0


def test_a_copy_that_is_removed_is_told_as_gone_and_its_history_stays(three) -> None:
    a, b, _ = three
    at_b = b.copy_of(a)
    iri = f"{b.url}/datasets/{at_b.id}"
    before = requests(a, iri)
    with b.city.work(SYSTEM) as work:
        gone = replace(at_b, removed=work.now, removed_reason="Not needed any more.")
        describe(work, gone)
    assert announce.announce_due(b.city) == 1
    inbox.work_off(a.city)
    verifying.check_due(a.city)
    assert known(a)[iri] is CopyState.GONE
    assert requests(a, iri) == before > 0
    with b.city.work(SYSTEM) as work:
        describe(work, replace(at_b, removed=None))
    assert announce.announce_due(b.city) == 1
    inbox.work_off(a.city)
    assert known(a)[iri] is CopyState.VERIFIED


def test_a_portal_that_is_down_costs_nothing_and_comes_back(three) -> None:
    a, b, _ = three
    iri = f"{b.url}/datasets/{b.copy_of(a).id}"
    before = requests(a, iri)
    b.stop()
    pull.pull_now(a.city)
    with a.city.work(SYSTEM, may_write=False) as work:
        assert copies.portal_at(work.db, b.url).failure
    assert requests(a, iri) == before
    b.start()
    pull.pull_now(a.city)
    with a.city.work(SYSTEM, may_write=False) as work:
        assert copies.portal_at(work.db, b.url).failure == ""
    assert requests(a, iri) == before
