"""The quality page: scores by three methods, each metric, and where at the desk points are won."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.web.web_portal import HTML, ROLES, Client, Portal, described, table

from citycommons.core.types import SYSTEM, DatasetId, Fault
from citycommons.share import publish as publishing
from citycommons.store import catalogue
from citycommons.store.usage import uses
from citycommons.understand.content import content
from citycommons.understand.quality import scores
from citycommons.web import mending
from citycommons.web.scores import steps

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_every_metric_has_its_place_at_the_desk(portal: Portal) -> None:
    with portal.city.work(SYSTEM, may_write=False) as work:
        found = catalogue.dataset(work.db, DatasetId("counts"))
        version = catalogue.version(work.db, found.id)
    assert version is not None
    named = {metric.name for score in scores(found, version, NOW) for metric in score.metrics}
    assert named == set(mending.TOPICS)
    boss = portal.actor("boss", *ROLES["administrator-of-city"])
    form = portal.browser(boss).get("/desk/datasets/counts").text
    for topic in mending.Topic:
        path, _, part = mending.place(topic, found, version, boss).partition("#")
        assert path in ("/desk/datasets/counts", "/desk/new?for=counts")
        assert not part or f'id="{part}"' in form, topic


def test_the_scores_of_a_dataset_are_those_computed(client: Client, portal: Portal) -> None:
    body = client.get("/datasets/counts/quality").json()
    with portal.city.work(SYSTEM, may_write=False) as work:
        one = catalogue.dataset(work.db, DatasetId("counts"))
        version = catalogue.version(work.db, one.id)
        expected = scores(one, version, work.now, catalogue.publisher(work.db, one.publisher))
    assert (body["dataset"], body["version"]) == ("counts", 1)
    assert {one["method"]: (one["points"], one["of"]) for one in body["scores"]} == {
        score.method: (score.points, score.of) for score in expected
    }
    assert [one["of"] for one in body["scores"]] == [9, 405, 100]
    assert all(one["source"].startswith("https://") for one in body["scores"])
    missing = [
        metric
        for score in body["scores"]
        for metric in score["metrics"]
        if metric["points"] < metric["of"]
    ]
    assert missing
    assert all(metric["next_step"] and not metric["holds"] for metric in missing)
    gains = sum(gain for step in body["next_steps"] for gain in step["gains"].values())
    assert gains == pytest.approx(sum(one["of"] - one["points"] for one in body["scores"]))


def test_what_several_methods_ask_for_is_said_once_and_the_most_comes_first() -> None:
    bare = described("bare", license="unspecified")
    found = steps(scores(bare, None, NOW), bare)
    assert len({step.topic for step in found}) == len(found)
    license = next(step for step in found if step.topic == "license")
    assert license.gains == {"udata": 1.0, "mqa": 30.0}
    assert [step.weight for step in found] == sorted((s.weight for s in found), reverse=True)
    # Without a rhythm, nothing can be late: it is to be stated first, and that is one step.
    assert "fresh" not in {step.topic for step in found}


def test_the_page_shows_three_scores_with_their_sources_and_counts_no_use(portal: Portal) -> None:
    with portal.city.work(SYSTEM, may_write=False) as work:
        before = list(uses(work.db))
    html = portal.client(**HTML).get("/datasets/counts/quality").text
    for source in ("github.com/opendatateam/udata", "data.europa.eu/mqa/methodology"):
        assert source in html
    assert html.count('<svg class="gauge"') == 3 + 9 + 23 + 5
    assert "of 405" in html
    assert "Add keywords that people would search for." in html
    assert "/desk" not in html.partition("<main")[2].partition("</main>")[0]
    with portal.city.work(SYSTEM, may_write=False) as work:
        assert list(uses(work.db)) == before


def test_a_steward_is_led_to_where_it_is_done(portal: Portal) -> None:
    steward = portal.actor("sam", *ROLES["data-officer-of-roads"])
    html = portal.browser(steward).get("/datasets/counts/quality").text
    assert 'href="/desk/datasets/counts#keywords"' in html
    assert 'href="/desk/new?for=counts"' in html
    foreign = portal.actor("pat", *ROLES["data-officer-of-parks"])
    html = portal.browser(foreign).get("/datasets/counts/quality").text
    assert "/desk/datasets/" not in html


def test_each_version_has_its_own_score(portal: Portal) -> None:
    half = table(20).append_column("empty", [[None] * 20])
    portal.publish(described("counts"), half)
    client = portal.client(accept="application/json")
    first = client.get("/datasets/counts@1/quality.json").json()
    second = client.get("/datasets/counts@2/quality.json").json()
    latest = client.get("/datasets/counts/quality.json").json()
    assert (first["version"], second["version"], latest["version"]) == (1, 2, 2)
    assert second["scores"] == latest["scores"]

    def filled(body: dict[str, list[dict[str, list[dict[str, float]]]]]) -> float:
        metrics = body["scores"][2]["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "completeness")  # type: ignore[comparison-overlap]

    assert filled(first) == 1.0
    assert filled(second) == pytest.approx(0.8)
    page = portal.client(**HTML).get("/datasets/counts@1/quality").text
    assert 'href="/datasets/counts@1/quality.json"' in page


def test_an_entry_without_data_is_measured_by_its_description(client: Client) -> None:
    body = client.get("/datasets/entry/quality.json").json()
    assert body["version"] is None
    assert [one["method"] for one in body["scores"]] == ["udata", "mqa"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/datasets/drafts/quality", 404),
        ("/datasets/absent/quality", 404),
        ("/datasets/counts@9/quality", 404),
    ],
)
def test_what_one_may_not_read_has_no_quality(client: Client, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_page_that_is_kept_follows_the_description(portal: Portal) -> None:
    client = portal.client(**HTML)
    missing = "Add keywords that people would search for."
    assert missing in client.get("/datasets/counts/quality").text
    portal.publish(described("counts", keywords=("traffic",)))
    assert missing not in client.get("/datasets/counts/quality").text


def test_a_withdrawn_version_has_no_quality_any_more(portal: Portal) -> None:
    portal.publish(described("counts"), table(20))
    with portal.city.work(SYSTEM) as work:
        publishing.withdraw(work, DatasetId("counts"), 1, reason="Wrong street")
    client = portal.client(accept="application/json")
    assert client.get("/datasets/counts@1/quality").status_code == 410
    assert client.get("/datasets/counts/quality").json()["version"] == 2


def test_a_program_that_knows_the_answer_is_not_sent_it_again(client: Client) -> None:
    first = client.get("/datasets/counts/quality.json")
    again = client.get(
        "/datasets/counts/quality.json", headers={"if-none-match": first.headers["etag"]}
    )
    assert (first.status_code, again.status_code) == (200, 304)


def test_the_desk_lists_the_score_of_each_dataset(portal: Portal) -> None:
    steward = portal.actor("sam", *ROLES["data-officer-of-roads"])
    html = portal.browser(steward).get("/desk").text
    assert 'href="/datasets/counts/quality"' in html
    assert re.search(r"MQA \d+ of 405", html)


def test_places_that_do_not_agree_name_the_worst_column(portal: Portal) -> None:
    with portal.city.work(SYSTEM, may_write=False) as work:
        version = catalogue.version(work.db, DatasetId("counts"))
    assert version is not None
    faulty = replace(
        version, faults=(Fault(rule="jump", column="count", message="a jump.", count=12),)
    )
    metric = content(faulty, is_timely=True).metrics[-1]
    assert (metric.name, metric.value) == ("consistency", 0.9)
    assert metric.next_step.endswith("most of all in column “count”.")
