"""The studio over HTTP: what is drawn is answered, kept, compared, reported and sent."""

import re

import pytest
from tests.web import studio_portal
from tests.web.studio_portal import Studio, lines
from tests.web.web_portal import ROADS, Portal

from citycommons.act.roadworks import kept, register
from citycommons.core.types import SYSTEM
from citycommons.core.works import Effect, WorksId, WorksState
from citycommons.web.studio import asking


@pytest.fixture
def studio(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return studio_portal.open_studio(portal, monkeypatch)


@pytest.fixture
def closure(studio: Studio) -> str:
    """A street through the middle of the grid, closed both ways."""
    return studio.query(f"closed:{studio.link('East 1', 2)}:both")


def sent(studio: Studio, query: str, title: str = "New water main") -> str:
    """The id of works made of this drawing."""
    answer = studio.planner.post(
        f"/desk/roadworks/studio?{query}",
        data={"title": title, "owner": ROADS},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    found = re.match(r"/desk/roadworks/([^/]+)/studio\?", answer.headers["location"])
    assert found
    return found[1]


def test_the_answer_comes_rough_first_and_ends_with_all_runs(studio, closure):
    told = lines(studio.planner, closure)
    assert [one["stage"] for one in told] == ["rough", "refined", "final"]
    assert [one["runs"] for one in told] == [0, 2, 6]
    assert told[0]["ms"] <= told[-1]["ms"]
    last = told[-1]
    assert last["headline"] in last["html"]
    closed = [one for one in last["streets"] if one["street"] == "East 1"]
    assert min(one["change"] for one in closed) < -100
    assert all(one["low"] <= one["change"] <= one["high"] for one in last["streets"])
    assert last["bars"].count("<rect") == 24


def test_the_same_address_gives_the_same_answer(studio, closure):
    first, second = lines(studio.planner, closure), lines(studio.planner, closure)
    assert first[-1]["id"] == second[-1]["id"]
    assert first[-1]["streets"] == second[-1]["streets"]
    assert lines(studio.planner, closure + "&seed=7")[-1]["id"] != first[-1]["id"]


@pytest.mark.parametrize("measure", ["lanes=1:{}:both", "speed=20:{}", "one-way:{}", "closed:{}"])
def test_each_kind_of_measure_is_answered(studio, measure):
    query = studio.query(measure.format(studio.link("East 1", 2)))
    assert lines(studio.planner, query)[-1]["stage"] == "final"


def test_a_turn_ban_needs_two_streets_that_meet(studio):
    net = studio.model.network
    first = studio.link("East 1", 0)
    second = next(
        i for i in range(net.links)
        if net.tail[i] == net.head[first] and net.streets.name[i].startswith("North")
    )  # fmt: skip
    told = lines(studio.planner, studio.query(f"turn-ban:{first}.{second}"))
    assert told[-1]["stage"] == "final"
    alone = studio.planner.get(f"/desk/roadworks/whatif?{studio.query(f'turn-ban:{first}')}")
    assert alone.status_code == 422


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Nothing is drawn"),
        ("phase=tomorrow;closed:1", "no phase"),
        ("phase=2026-06-01/2026-05-01;closed:1", "before it begins"),
        ("phase=2026-06-01/2026-06-02/19-7;closed:1", "begin before they end"),
        ("phase=2026-06-01/2026-06-02/0-24/89;closed:1", "days of the week"),
        ("phase=2026-06-01/2026-06-02;blown-up:1", "no measure"),
        ("phase=2026-06-01/2026-06-02;closed:x", "no link"),
        ("phase=2026-06-01/2026-06-02;closed:999999", "has no link 999999"),
        ("phase=2026-06-01/2026-06-02;lanes:1", "lanes left"),
        ("phase=2026-06-01/2026-06-02;speed=900:1", "km/h"),
        ("phase=2026-06-01/2026-06-02;closed:1&hour=25", "hour"),
        ("phase=2026-06-01/2026-06-02;closed:1&day=doomsday", "type of day"),
        ("phase=2026-06-01/2026-06-02;closed:1&model=nonsuch", "no traffic model"),
    ],
)
def test_what_cannot_be_asked_is_told_what_is_wrong(studio, query, said):
    answer = studio.planner.get(f"/desk/roadworks/whatif?{query}", headers={"accept": "*/*"})
    assert answer.status_code in (404, 422)
    assert said in answer.text


def test_a_later_question_ends_the_one_before(studio, closure):
    turns = asking.Turns()
    first = turns.begin("a")
    assert turns.is_latest("a", first)
    second, other = turns.begin("a"), turns.begin("b")
    assert not turns.is_latest("a", first)
    assert turns.is_latest("a", second)
    assert turns.is_latest("b", other)


def test_the_network_is_sent_once_for_each_model(studio):
    answer = studio.planner.get(f"/desk/roadworks/models/{studio.model.id}/network")
    assert "immutable" in answer.headers["cache-control"]
    features = answer.json()["features"]
    assert {one["properties"]["n"] for one in features} == {
        *(f"East {i}" for i in range(4)),
        *(f"North {i}" for i in range(4)),
    }
    by_id = {one["id"]: one["properties"] for one in features}
    for id, one in by_id.items():
        assert by_id[one["r"]]["r"] == id
        assert (by_id[one["r"]]["a"], by_id[one["r"]]["b"]) == (one["b"], one["a"])


def test_the_page_draws_without_script(studio):
    page = studio.planner.get("/desk/roadworks/studio?street=East 1").text
    assert '<option value="East 1">' in page
    assert page.count('name="link"') == 6
    link = studio.link("East 1", 2)
    asked = f"street=East+1&link={link}&effect=closed&both=1&first=2026-06-01&last=2026-06-14"
    page = studio.planner.get(f"/desk/roadworks/studio?{asked}&still=1").text
    assert "90 % sure" in page
    assert f"closed:{link}:both" in page


def test_a_drawing_becomes_works_with_its_forecast(studio, closure):
    id = sent(studio, closure)
    with studio.portal.city.work(SYSTEM) as work:
        works = register.get(work, WorksId(id))
        evidence = kept.latest(work, works.id)
    assert works.state is WorksState.PROPOSED
    assert works.title == {"en": "New water main"}
    assert works.streets == ("East 1",)
    measure = works.phases[0].measures[0]
    assert (measure.effect, measure.both_directions) == (Effect.CLOSED, True)
    assert len(measure.line) >= 2
    assert evidence is not None
    assert (evidence.forecast.revision, evidence.forecast.runs) == (1, 6)
    page = studio.planner.get(f"/desk/roadworks/{id}/studio").text
    assert "New water main" in page
    assert f"closed:{studio.link('East 1', 2)}:both" in page


def test_variants_stand_side_by_side_and_can_be_thrown_away(studio, closure):
    id = sent(studio, closure)
    other = studio.query(f"lanes=1:{studio.link('East 1', 2)}:both")
    answer = studio.planner.post(
        f"/desk/roadworks/{id}/studio/variants?{other}", data={"name": "One lane"}
    )
    assert answer.status_code == 200
    assert "One lane" in answer.text
    assert "As it stands in the register" in answer.text
    found = re.search(r'action="([^"]+/discard)"', answer.text)
    assert found
    assert "One lane" not in studio.planner.post(found[1], data={"x": "1"}).text.split("<form")[0]
    with studio.portal.city.work(SYSTEM) as work:
        assert len(kept.of_works(work, WorksId(id))) == 1


def test_the_report_prints_map_and_numbers_without_script(studio, closure):
    id = sent(studio, closure)
    for address in (f"/desk/roadworks/report?{closure}", f"/desk/roadworks/{id}/report"):
        page = studio.planner.get(address).text
        assert "report for the council" in page
        assert 'class="s-shut"' in page
        assert (
            "{" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL).split("<main")[1]
        )
    assert "New water main" in page


@pytest.mark.parametrize("language", ["de", "it", "fr", "en"])
def test_report_and_studio_are_whole_in_each_language(studio, closure, language):
    for address in ("studio", "report"):
        answer = studio.planner.get(f"/desk/roadworks/{address}?{closure}&lang={language}")
        assert answer.status_code == 200
        assert f'<html lang="{language}"' in answer.text


def test_what_is_sent_is_coordinated_and_permitted_by_the_city_alone(studio, closure):
    id = sent(studio, closure)
    step = f"/desk/roadworks/{id}/state"
    first = {"state": "coordinated", "revision": "1"}
    assert studio.planner.post(step, data=first).status_code == 403
    assert 'value="coordinated"' not in studio.planner.get(f"/desk/roadworks/{id}/studio").text
    for revision, state in enumerate(("coordinated", "permitted"), start=1):
        shown = studio.coordinator.get(f"/desk/roadworks/{id}/studio").text
        assert f'value="{state}"' in shown
        given = {"state": state, "revision": str(revision)}
        page = studio.coordinator.post(step, data=given)
        assert page.status_code == 200, page.text
    with studio.portal.city.work(SYSTEM) as work:
        assert register.get(work, WorksId(id)).state is WorksState.PERMITTED


def test_a_changed_drawing_is_the_next_revision_with_its_own_forecast(studio, closure):
    id = sent(studio, closure)
    other = studio.query(f"closed:{studio.link('East 2', 2)}:both", revision="1")
    studio.planner.post(f"/desk/roadworks/{id}/studio/drawing?{other}", data={"why": "moved"})
    with studio.portal.city.work(SYSTEM) as work:
        works = register.get(work, WorksId(id))
        assert (works.revision, works.streets) == (2, ("East 2",))
        found = kept.latest(work, works.id)
        assert found is not None
        assert found.forecast.revision == 2
    stale = studio.planner.post(f"/desk/roadworks/{id}/studio/drawing?{other}", data={"x": "1"})
    assert stale.status_code == 409


def test_who_plans_no_works_has_no_studio(studio, closure):
    for address in (
        "/desk/roadworks/studio",
        f"/desk/roadworks/whatif?{closure}",
        f"/desk/roadworks/report?{closure}",
        f"/desk/roadworks/models/{studio.model.id}/network",
    ):
        assert studio.reader.get(address).status_code == 403
    id = sent(studio, closure)
    assert studio.reader.get(f"/desk/roadworks/{id}/studio").status_code == 403
    assert studio.reader.get(f"/desk/roadworks/{id}/report").status_code == 404
    assert studio.portal.client().get(f"/desk/roadworks/{id}/report").status_code == 404


def test_the_report_of_permitted_works_is_open_to_all(studio, closure):
    id = sent(studio, closure)
    for revision, state in enumerate(("coordinated", "permitted"), start=1):
        given = {"state": state, "revision": str(revision)}
        studio.coordinator.post(f"/desk/roadworks/{id}/state", data=given)
    answer = studio.portal.client(accept="text/html").get(f"/desk/roadworks/{id}/report")
    assert answer.status_code == 200, answer.text
    assert "New water main" in answer.text


def test_a_drawing_that_is_in_the_way_of_others_is_told_so(studio, closure):
    sent(studio, closure, title="Gas pipe")
    told = lines(studio.planner, closure)[-1]
    assert "Clash." in told["html"]
    assert "Gas pipe" in told["html"]
    assert "Office for Roads would be in nobody" in told["html"]
