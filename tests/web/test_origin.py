"""Where things are: harvested entries say it, files elsewhere have copies, what went says so."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.web.web_portal import HTML, JSON, Portal, described, table

from citycommons.core.types import SYSTEM, Digest, Link
from citycommons.share import links
from citycommons.share.publish import describe
from citycommons.store import catalogue
from citycommons.store import links as rows

URL = "https://elsewhere.example/trees.csv"


@pytest.fixture
def harvested(portal: Portal) -> Portal:
    portal.publish(
        described(
            "elsewhere",
            key=(),
            source="https://elsewhere.example/dataset/trees",
            identifier="trees-77",
            links=(Link(url=URL, title="Trees", format="csv", status=404),),
        )
    )
    return portal


def test_a_harvested_entry_says_where_it_comes_from(harvested: Portal) -> None:
    page = harvested.client(**HTML).get("/datasets/elsewhere").text
    assert 'href="https://elsewhere.example/dataset/trees"' in page
    assert "elsewhere.example</a>" in page
    assert "there as trees-77" in page


def test_a_dead_link_has_the_copy_that_was_kept(harvested: Portal) -> None:
    content = b"id,species\n1,oak\n"
    digest = Digest(hashlib.sha256(content).hexdigest())
    path = links.Polite(cache=links.folder(harvested.city)).parcels.path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    day = datetime(2026, 3, 1, tzinfo=UTC)
    with harvested.city.work(SYSTEM) as work:
        rows.enrol(work.db, catalogue.dataset(work.db, described("elsewhere").id), work.now)
        known = rows.of_dataset(work.db, described("elsewhere").id)[0]
        kept = replace(
            known, status=404, checked=day, failures=3, copy=digest, copied=day,
            copy_name="trees.csv", copy_bytes=len(content),
        )  # fmt: skip
        rows.save(work.db, [kept])
    client = harvested.client(**HTML)
    page = client.get("/datasets/elsewhere").text
    address = f"/datasets/elsewhere/copies/{links.key(URL)}"
    assert f'href="{address}"' in page
    assert "our copy of 1 Mar 2026" in page
    found = client.get(address)
    assert found.content == content
    assert found.headers["content-disposition"].startswith('attachment; filename="trees.csv"')
    assert client.get("/datasets/elsewhere/copies/none").status_code == 404


def test_what_was_taken_away_says_so_and_its_versions_stay(portal: Portal) -> None:
    portal.publish(described("lamps"), table(5))
    assert portal.client(**JSON).get("/datasets?q=lamps").json()["total"] == 1
    with portal.city.work(SYSTEM) as work:
        there = catalogue.dataset(work.db, described("lamps").id)
        gone = replace(
            there,
            removed=work.now,
            removed_reason="Part of another dataset now.",
            successor="counts",
        )
        describe(work, gone)
    page = portal.client(**HTML).get("/datasets/lamps")
    assert page.status_code == 410
    assert "This dataset was taken away on" in page.text
    assert "Part of another dataset now." in page.text
    assert 'href="/datasets/counts"' in page.text
    assert portal.client(**JSON).get("/datasets/lamps").status_code == 410
    assert portal.client(**JSON).get("/datasets/lamps").json()["removed_reason"]
    assert portal.client(**HTML).get("/datasets/lamps@1").status_code == 200
    assert portal.client(**JSON).get("/datasets/lamps@1/rows").status_code == 200
    assert portal.client(**JSON).get("/datasets?q=lamps").json()["total"] == 0
