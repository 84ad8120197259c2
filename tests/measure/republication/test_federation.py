"""Two and three real portals: what was used at a copy comes back to the origin, exactly, once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.measure.republication.cities import Portal, portal

from citycommons.core.copies import CopyState
from citycommons.core.counting import Metric
from citycommons.core.types import SYSTEM
from citycommons.measure.republication import announce, inbox, pull
from citycommons.store import copies


@pytest.fixture(scope="module")
def three(
    made_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Portal, Portal, Portal]]:
    """A has data, B copied them from A, and C from B; all were announced and verified."""
    folder = tmp_path_factory.mktemp("cities")
    with ExitStack() as stack:
        a, b, c = (
            stack.enter_context(portal(made_home, folder / name, name.title()))
            for name in ("athens", "bologna", "chania")
        )
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


def requests(one: Portal, iri: str) -> int:
    """Requests of a copy as its origin knows them, all months together."""
    with one.city.work(SYSTEM, may_write=False) as work:
        copy = copies.copy_at(work.db, iri)
        found = copies.counts(work.db, [copy.id]) if copy else []
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
        assert requests(a, iri_b) == 10
        assert requests(a, iri_c) == 7
    assert known(a) == {iri_b: CopyState.VERIFIED, iri_c: CopyState.VERIFIED}
