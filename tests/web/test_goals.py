"""The ledger's pages: what everybody sees, what an auditor checks, what stays inside."""

from dataclasses import replace

import pytest
from tests.web.goals_ledger import GOAL, OBJECTIVE, keep, seeded
from tests.web.web_portal import HTML, ROLES, Portal

from citycommons.core.types import SYSTEM
from citycommons.measure.goals import ledger


@pytest.fixture
def result(portal: Portal) -> str:
    return seeded(portal)


def test_an_empty_ledger_invites(portal: Portal) -> None:
    page = portal.client(**HTML).get("/goals")
    assert page.status_code == 200
    assert "No objective is written down yet." in page.text
    assert portal.client().get("/goals.json").json() == {"problems": []}


def test_the_list_says_problem_baseline_now_target_and_claim(portal: Portal, result: str) -> None:
    page = portal.client(**HTML).get("/goals").text
    for words in ("Residents miss the day", "Fewer calls", "420", "262", "200", "measured"):
        assert words in page
    (problem,) = portal.client().get("/goals.json").json()["problems"]
    (goal,) = problem["goals"]
    assert (goal["latest"]["value"], goal["claim"]) == (262.0, "measured")


def test_a_goal_shows_everything_that_an_auditor_asks(portal: Portal, result: str) -> None:
    page = portal.client(**HTML).get(f"/goals/{GOAL}").text
    for words in (
        "select avg(calls) from calls",
        "Publish the days as open data",
        "Calls that nobody has to make or take",
        "What must be true",
        "unexpected",
        "Compute it again",
        "Net present value",
        "not compared with the source",
        "<svg",
        "Revision 1",
    ):
        assert words in page, words


def test_single_costs_stay_inside(portal: Portal, result: str) -> None:
    stranger = portal.client(**HTML)
    auditor = portal.browser(portal.actor("cora", *ROLES["council-of-city"]))
    addresses = (f"/goals/{GOAL}", f"/goals/{GOAL}/appraisals/{result}")
    for path in addresses:
        assert "Keeping the data" not in stranger.get(path).text
        assert "Keeping the data" not in portal.client().get(f"{path}.json").text
        assert "Keeping the data" in auditor.get(path).text


def test_a_result_that_was_not_released_is_not_there(portal: Portal) -> None:
    result = seeded(portal, release=False)
    stranger = portal.client(**HTML)
    assert "published no result" in stranger.get(f"/goals/{GOAL}").text
    assert stranger.get(f"/goals/{GOAL}/appraisals/{result}").status_code == 404
    assert portal.client().get(f"/goals/{GOAL}.json").json()["appraisal"] is None


def test_an_auditor_computes_again_and_sees_what_changed(portal: Portal, result: str) -> None:
    auditor = portal.browser(portal.actor("cora", *ROLES["council-of-city"]))
    path = f"/goals/{GOAL}/appraisals/{result}"
    assert "the same to the last digit" in auditor.get(path).text
    assert "Nothing: computed today, it is the same." in auditor.get(path).text
    with portal.city.work(SYSTEM) as work:
        benefit = ledger.benefit(work, "calls-saved")  # type: ignore[arg-type]
    keep(portal.city, replace(benefit, years=1), why="only one year is certain")
    page = auditor.get(path).text
    assert "the same to the last digit" in page
    assert "was changed: revision 1 then, 2 now." in page
    assert "Computed with today's entries" in page


def test_each_measurement_is_computed_again_by_whoever_asks(portal: Portal, result: str) -> None:
    body = portal.client().get(f"/goals/{GOAL}.json").json()
    path = f"/goals/{GOAL}/measurements/{body['measurements'][-1]['id']}"
    page = portal.client(**HTML).get(path)
    assert "the same to the last digit" in page.text
    assert portal.client().get(f"{path}.json").json()["is_same"] is True
    assert portal.client(**HTML).get(f"/goals/{GOAL}/measurements/none").status_code == 404


def test_a_moved_baseline_stands_above_everything(portal: Portal, result: str) -> None:
    assert OBJECTIVE.baseline is not None
    with portal.city.work(SYSTEM) as work:
        goal = ledger.goal(work, GOAL)
    moved = replace(goal, baseline=replace(OBJECTIVE.baseline, value=600.0))
    keep(portal.city, moved, why="it was more, we think")
    page = portal.client(**HTML).get(f"/goals/{GOAL}").text
    assert "The baseline was changed" in page
    assert "it was more, we think" in page
    assert "changed once afterwards" in portal.client(**HTML).get("/goals").text


def test_a_goal_that_is_not_public_is_not_there(portal: Portal, result: str) -> None:
    with portal.city.work(SYSTEM) as work:
        goal = ledger.goal(work, GOAL)
    keep(portal.city, replace(goal, is_public=False), why="not yet")
    stranger = portal.client(**HTML)
    for path in ("", f"/appraisals/{result}"):
        assert stranger.get(f"/goals/{GOAL}{path}").status_code == 404
    assert "Fewer calls" not in stranger.get("/goals").text
    auditor = portal.browser(portal.actor("cora", *ROLES["council-of-city"]))
    assert auditor.get(f"/goals/{GOAL}").status_code == 200


@pytest.mark.parametrize("language", ["it", "fr", "de"])
def test_every_page_is_to_be_had_in_each_language(
    portal: Portal, result: str, language: str
) -> None:
    for path in ("/goals", f"/goals/{GOAL}", f"/goals/{GOAL}/appraisals/{result}"):
        assert portal.client(**HTML).get(f"{path}?lang={language}").status_code == 200
