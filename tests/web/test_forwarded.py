"""A use that a portal only forwards is counted here, and never again from that portal's report."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.old_ckan import OldCkan, old_ckan
from tests.web.web_portal import Portal

from citycommons.core.copies import Copy, CopyState, PortalKind, copy_id, portal_id
from citycommons.core.copies import Portal as Elsewhere
from citycommons.core.counting import Metric, Referrer
from citycommons.core.types import SYSTEM, DatasetId, Use
from citycommons.measure.republication import declared
from citycommons.store import copies
from citycommons.store.usage import settle, totals

HOST = "http://portal.example"


@pytest.fixture
def ckan():
    with old_ckan() as found:
        yield found


def known(portal: Portal, ckan: OldCkan) -> tuple[Elsewhere, Copy]:
    """An old CKAN that lists our file under its own page, verified."""
    page = ckan.hold("counts", "Counts", b"", views=100, taken=50)
    ckan.packages["counts"]["resources"][0]["url"] = f"{HOST}/data/counts@1.csv"
    there = Elsewhere(id=portal_id(ckan.url), name="Old", url=ckan.url, kind=PortalKind.CKAN)
    copy = Copy(
        id=copy_id(page),
        dataset=DatasetId("counts"),
        iri=page,
        portal=there.id,
        state=CopyState.VERIFIED,
    )
    with portal.city.work(SYSTEM) as work:
        copies.save_portal(work.db, there)
        copies.save_copy(work.db, copy, due=None)
    portal.reopen(allow_hosts=("127.0.0.1",), public_url=HOST)
    return there, copy


def at(portal: Portal, moment: datetime) -> None:
    portal.city.clock = lambda: moment


def here(portal: Portal) -> dict[tuple[str, str], int]:
    portal.city.usage.flush()
    settle(portal.city.engine, portal.city.clock())
    with portal.city.work(SYSTEM, may_write=False) as work:
        found = totals(work.db, "use", "referrer", datasets=["counts"])
    return {(use, referrer): count for (use, referrer), count in found}


def test_a_forwarded_download_counts_here_once_and_there_not(portal: Portal, ckan: OldCkan) -> None:
    there, copy = known(portal, ckan)
    at(portal, datetime(2026, 3, 2, tzinfo=UTC))
    declared.pull(portal.city, there)
    at(portal, datetime(2026, 3, 9, tzinfo=UTC))
    browser = portal.client(**{"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    referer = {"referer": f"{ckan.url}/dataset/counts"}
    assert browser.get("/data/counts@1.csv", headers=referer).status_code == 200
    ckan.count("counts", views=103, taken=51)  # the old portal counted the very click, too
    declared.pull(portal.city, there)
    at(portal, datetime(2026, 3, 9, tzinfo=UTC) + timedelta(minutes=2))
    assert here(portal) == {(Use.REQUEST, Referrer.PORTAL): 1}
    with portal.city.work(SYSTEM, may_write=False) as work:
        said = copies.counts(work.db, [copy.id])
    assert {(one.first_day, one.metric): one.count for one in said} == {
        (date(2026, 3, 1), Metric.TOTAL_INVESTIGATIONS): 3
    }


def test_a_dataset_that_only_links_reports_no_request(portal: Portal) -> None:
    reader = portal.client(accept="text/html")
    assert reader.get("/datasets/entry").status_code == 200
    assert reader.get("/data/entry@latest.csv").status_code == 404
    portal.city.usage.flush()
    settle(portal.city.engine, portal.city.clock())
    report = portal.client(accept="application/json").get("/reports/dsr?dataset_id=entry").json()
    metrics = [
        instance["metric-type"]
        for one in report["report-datasets"]
        for performance in one["performance"]
        for instance in performance["instance"]
    ]
    assert not [one for one in metrics if "requests" in one]
