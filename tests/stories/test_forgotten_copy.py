"""A data officer finds a forgotten copy of her data at an old portal, and its use is told."""

import re
from collections import Counter
from datetime import UTC, datetime

import pyarrow.csv as pacsv
import pytest
from tests.old_ckan import OldCkan, old_ckan
from tests.web.conftest import built, city, portal
from tests.web.web_portal import ROLES, Client, Portal, table

from citycommons.core.types import ANYONE, SYSTEM, Channel, ClientKind, DatasetId, Use
from citycommons.measure.republication import pull, scanning
from citycommons.store import usage
from citycommons.web import page_elsewhere, page_usage

__all__ = ["built", "city", "portal"]

SPRING, SUMMER = datetime(2026, 5, 1, 6, tzinfo=UTC), datetime(2026, 5, 28, 6, tzinfo=UTC)


@pytest.fixture
def ckan():
    with old_ckan() as found:
        yield found


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def sentence(portal: Portal) -> str:
    page_elsewhere.forget()
    page_usage._kept.clear()
    return text_of(portal.browser(ANYONE).get("/datasets/counts?lang=en"))


def officer(portal: Portal) -> Client:
    return portal.browser(portal.actor("officer", *ROLES["data-officer-of-roads"]))


def old_portal_holds_her_counts(ckan: OldCkan, folder) -> None:
    """Years ago somebody took the file without the places, and named it in his own way."""
    taken = table().drop_columns(["place"]).select(["count", "street", "id"])
    pacsv.write_csv(taken, folder / "taken.csv")
    content = (folder / "taken.csv").read_bytes()
    ckan.hold("alte-zaehlung", "COUNTS", content, views=5000, taken=900)
    ckan.hold("weather", "Weather", b"day,rain\n1,2\n")


def test_the_forgotten_copy(portal: Portal, ckan: OldCkan, tmp_path) -> None:
    old_portal_holds_her_counts(ckan, tmp_path)
    portal.reopen(allow_hosts=("127.0.0.1",))
    portal.city.clock = lambda: SPRING
    key = (DatasetId("counts"), 1, Use.REQUEST, Channel.FILE, ClientKind.PERSON)
    with portal.city.work(SYSTEM) as work:
        usage.add_counts(work.db, Counter({(*key, SPRING.date()): 1204}))

    # The administrator knows that there is an old portal; its answers say of what kind it is.
    boss = portal.browser(portal.actor("boss", *ROLES["administrator-of-city"]))
    assert "Altes Portal" in boss.post("/desk/portals", data={"url": ckan.url}).text
    # The officer lets it be looked through, and the worker does so.
    assert "Look for copies now" in officer(portal).get("/desk/portals").text
    assert scanning.scan_due(portal.city) == 1
    desk = text_of(officer(portal).get("/desk/copies"))
    assert "One copy of your data waits for you" in desk
    assert "100.0 % of all rows are in both" in desk

    # What the portal counted before is no count of a month; a month later it is known by how much.
    assert pull.pull_due(portal.city) == 1
    assert "one copy elsewhere" in sentence(portal)
    ckan.count("alte-zaehlung", views=5300, taken=1010)
    portal.city.clock = lambda: SUMMER
    assert pull.pull_due(portal.city) == 1
    assert "1,204 here · 410 elsewhere (estimated)" in sentence(portal)

    # She looks at the page there, and confirms.
    id = re.search(r"/desk/copies/(\w+)/confirm", officer(portal).get("/desk/copies").text)[1]
    assert "It is a copy of ours now." in officer(portal).post(f"/desk/copies/{id}/confirm").text
    assert "1,204 here · 410 at Altes Portal (declared)" in sentence(portal)
    copies = text_of(portal.browser(ANYONE).get("/datasets/counts/copies"))
    assert "declared" in copies
    assert "5,300 since ever" in copies

    # The old portal lies a hundredfold: the number stands apart until a person has looked.
    ckan.count("alte-zaehlung", views=5300 + 41_000, taken=1010)
    portal.city.clock = lambda: SUMMER.replace(day=30)
    assert pull.pull_due(portal.city) == 1
    assert "41,410" not in sentence(portal)
    assert "stands apart" in text_of(portal.browser(ANYONE).get("/datasets/counts/copies"))
    assert "41,410" in text_of(officer(portal).get("/desk/copies"))

    # And when it is switched off, what was counted stays.
    ckan.packages.clear()
    portal.city.clock = lambda: SUMMER.replace(day=31, hour=12)
    assert pull.pull_due(portal.city) == 1
    gone = text_of(portal.browser(ANYONE).get("/datasets/counts/copies"))
    assert "gone" in gone
    assert "41,410" in gone
