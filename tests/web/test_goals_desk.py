"""The desk where the ledger is kept: the guided way, faults beside fields, undo, costs, values."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.web.goals_ledger import CALLS, GOAL, OBJECTIVE, at, calls, seeded
from tests.web.web_portal import ROLES, Client, Portal

from citycommons.core.types import SYSTEM
from citycommons.measure import appraisal
from citycommons.measure.goals import ledger
from citycommons.share import catalogue
from citycommons.share.publish import describe
from citycommons.store.work import City
from citycommons.web.goals.entries import filled, made

TABLE_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)


@pytest.fixture
def keeper(portal: Portal) -> Client:
    client = portal.browser(portal.actor("kim", *ROLES["data-officer-of-roads"]))
    client.follow_redirects = False
    return client


@pytest.fixture
def boss(portal: Portal) -> Client:
    client = portal.browser(portal.actor("ada", *ROLES["administrator-of-city"]))
    client.follow_redirects = False
    return client


def goal(city: City):
    with city.work(SYSTEM) as work:
        return ledger.goal(work, GOAL)


def test_the_guided_way_leads_from_a_problem_to_a_result(
    portal: Portal, keeper: Client, boss: Client
) -> None:
    at(portal.city, datetime(2026, 1, 10, 12, tzinfo=UTC))
    calls(portal, [420.0])
    assert "Write down our own problem" in keeper.get("/desk/goals/new").text
    assert "Begin with the problem" in keeper.get("/desk/goals").text

    made = keeper.post(
        "/desk/ledger/new/problem",
        data={"title-en": "Missed bins", "publisher": "roads", "levels": ["city", "citizens"]},
    )
    assert made.status_code == 303, made.text
    on = made.headers["location"]
    assert on.startswith("/desk/ledger/new/goal?problem=missed-bins")
    assert "Saved. Now the objective." in keeper.get(on).text

    asked = {
        "title-en": "Fewer calls about missed bins",
        "owner": "Waste office",
        "indicator-en": "Calls a month",
        "unit": "{call}/mo",
        "better": "lower",
        "datasets": "calls",
        "sql": "select avg(calls) from calls",
        "baseline_value": "420",
        "baseline_day": "2026-01-05",
        "baseline_source": "call centre",
        "target": "200",
        "due": "2027-06-30",
        "is_public": "1",
    }
    tried = keeper.post(on, data=asked | {"try": "1"})
    assert "It answers 420, about 10 Jan 2026." in tried.text
    with portal.city.work(SYSTEM) as work:
        assert ledger.goals(work) == ()
    made = keeper.post(on, data=asked)
    assert made.status_code == 303, made.text
    hub = made.headers["location"].partition("?")[0]
    id = hub.rpartition("/")[2]

    steps = {"revision": "1", "s0-title-en": "Publish the days", "s0-first": "2026-02-01"}
    made = keeper.post(f"/desk/ledger/{id}/edit?part=steps", data=steps | {"why": "agreed"})
    assert made.status_code == 303, made.text

    value = {
        "title-en": "An hour of a clerk",
        "unit": "h",
        "amount-low": "30",
        "amount-likely": "38,5",
        "amount-high": "52",
        "currency": "eur",
        "price_year": "2025",
        "country": "de",
        "source": "Wage table",
        "year": "2025",
    }
    assert keeper.post("/desk/ledger/new/unit-value", data=value).status_code == 403
    made = boss.post("/desk/ledger/new/unit-value", data=value)
    assert made.headers["location"] == "/desk/values?saved=an-hour-of-a-clerk"

    benefit = {
        "title-en": "Calls saved",
        "beneficiaries-en": "residents",
        "quantity-low": "200",
        "quantity-likely": "400",
        "quantity-high": "600",
        "quantity_source": "call centre",
        "value": "an-hour-of-a-clerk",
        "first_year": "2026",
        "years": "5",
        "is_expected": "1",
    }
    made = keeper.post(f"/desk/ledger/new/benefit?goal={id}", data=benefit)
    assert made.status_code == 303, made.text
    cost = {
        "title-en": "The app",
        "kind": "other",
        "quantity-likely": "12 000",
        "currency": "EUR",
        "source": "bill 7",
        "first_year": "2026",
        "years": "1",
        "publisher": "roads",
    }
    made = keeper.post(f"/desk/ledger/new/cost?goal={id}", data=cost)
    assert made.status_code == 303, made.text

    at(portal.city, datetime(2026, 6, 15, 12, tzinfo=UTC))
    calls(portal, [300.0])
    assert keeper.post(f"{hub}/measure", data={}).status_code == 303
    reviewed = keeper.post(f"{hub}/review", data={"seen": "120 calls less", "changes": "add SMS"})
    assert reviewed.status_code == 303, reviewed.text
    page = keeper.get(hub).text
    for words in ("120 calls less", "measured", "Calls saved", "The app"):
        assert words in page, words

    made = keeper.post(
        f"{hub}/appraise", data={"schedule": "uk-green-book", "horizon": "6", "price_year": "2025"}
    )
    assert made.status_code == 303, made.text
    result = made.headers["location"]
    assert "the same to the last digit" in keeper.get(result).text
    stranger = portal.client(accept="text/html")
    assert stranger.get(result).status_code == 404
    released = {"appraisal": result.rpartition("/")[2], "is_public": "1"}
    assert keeper.post(f"{hub}/release", data=released).status_code == 303
    assert stranger.get(result).status_code == 200


def test_every_fault_stands_beside_its_field_and_nothing_typed_is_lost(
    portal: Portal, keeper: Client
) -> None:
    seeded(portal)
    answer = keeper.post(
        f"/desk/ledger/new/benefit?goal={GOAL}",
        data={
            "title-en": "Ca<b>lls",
            "quantity-low": "9",
            "quantity-likely": "5",
            "quantity-high": "six",
            "attribution-likely": "1.4",
            "first_year": "next",
        },
    )
    assert answer.status_code == 422
    assert 'value="Ca&lt;b&gt;lls"' in answer.text
    assert 'value="six"' in answer.text
    assert "“six” is no number" in answer.text
    assert "“next” is no number" in answer.text
    again = keeper.post(
        f"/desk/ledger/new/benefit?goal={GOAL}",
        data={"quantity-low": "9", "quantity-likely": "5", "attribution-likely": "1.4"},
    )
    for name in ("title", "beneficiaries", "quantity", "quantity_source", "attribution"):
        assert f'id="wrong-{name}-1"' in again.text, name


def test_a_number_that_reads_two_ways_is_asked_back(portal: Portal, keeper: Client) -> None:
    seeded(portal)
    answer = keeper.post(
        f"/desk/ledger/new/cost?goal={GOAL}",
        data={"title-en": "App", "kind": "other", "quantity-likely": "1.234", "source": "bill"},
    )
    assert answer.status_code == 422
    assert "can be read in two ways" in answer.text


def test_whoever_saves_second_is_told_and_overwrites_nothing(
    portal: Portal, keeper: Client
) -> None:
    seeded(portal)
    form = {"title-en": "The app, paid", "kind": "other", "quantity-likely": "100"}
    form |= {"source": "bill", "currency": "EUR", "first_year": "2026", "publisher": "roads"}
    form |= {"revision": "1", "why": "bill came"}
    assert keeper.post("/desk/ledger/app/edit", data=form).status_code == 303
    late = keeper.post("/desk/ledger/app/edit", data=form | {"title-en": "Mine"})
    assert late.status_code == 409
    assert "Somebody else changed" in late.text
    assert 'value="Mine"' in late.text


def test_a_change_is_undone_and_what_was_removed_comes_back(portal: Portal, keeper: Client) -> None:
    seeded(portal)
    page = keeper.get("/desk/ledger/app/edit").text
    assert 'value="9000"' in page
    form = {"title-en": "Wrong", "kind": "other", "quantity-likely": "1", "source": "x"}
    form |= {"currency": "EUR", "first_year": "2026", "publisher": "roads", "revision": "1"}
    keeper.post("/desk/ledger/app/edit", data=form | {"why": "by mistake"})
    history = keeper.get("/desk/ledger/app").text
    assert "by mistake" in history
    assert "Go back to this revision" in history
    assert keeper.post("/desk/ledger/app/back", data={"revision": "1"}).status_code == 303
    with portal.city.work(SYSTEM) as work:
        assert ledger.cost(work, "app").title == {"en": "The app, first version"}  # type: ignore[arg-type]
    gone = keeper.post("/desk/ledger/app/remove", data={"revision": "3", "why": "twice"})
    assert gone.status_code == 303
    assert "Bring it back" in keeper.get("/desk/ledger/app").text
    assert keeper.get("/desk/ledger/app/edit").status_code == 404
    assert "app" in keeper.get("/desk/goals").text
    assert keeper.post("/desk/ledger/app/restore", data={"revision": "4"}).status_code == 303
    assert keeper.get("/desk/ledger/app/edit").status_code == 200


def test_a_template_becomes_an_objective(portal: Portal, boss: Client) -> None:
    page = boss.get("/desk/goals/new").text
    assert "5 to 28 are without a figure" in page
    made = boss.post("/desk/goals/new", data={"template": "tfl-open-data", "publisher": "roads"})
    assert made.status_code == 303, made.text
    hub = boss.get(made.headers["location"])
    assert "Time saved by passengers" in hub.text
    made = boss.post(
        f"{made.headers['location'].partition('?')[0]}/appraise", data={"horizon": "5"}
    )
    assert made.status_code == 303, made.text


def test_values_that_come_with_the_program_are_taken_over_and_warn(
    portal: Portal, boss: Client
) -> None:
    page = boss.get("/desk/values").text
    assert "Without one, benefits are told in their own units" in page
    assert boss.post("/desk/values", data={"value": ["it-road-death"]}).status_code == 303
    page = boss.get("/desk/values").text
    assert "unchecked" in page
    assert "out of date" not in page
    with portal.city.work(SYSTEM) as work:
        value = ledger.unit_value(work, "it-road-death")  # type: ignore[arg-type]
        ledger.save(work, replace(value, expires=work.now.date()), "looked up")
    assert "out of date" in boss.get("/desk/values").text


def test_costs_from_the_log_are_proposed_and_entered_once(
    portal: Portal, boss: Client, keeper: Client
) -> None:
    seeded(portal)
    with portal.city.work(portal.actor("ada", *ROLES["administrator-of-city"])) as work:
        describe(work, replace(catalogue.get(work, CALLS), steward="Waste office"))
    asked = {"publisher": "roads", "year": "2026", "hour": "hour"}
    page = keeper.get("/desk/worth/costs", params=asked).text
    assert "Time for each is assumed" in page
    made = keeper.post("/desk/worth/costs", data=asked | {"take": ["staff:calls"]})
    assert made.status_code == 303, made.text
    assert ">entered<" in keeper.get("/desk/worth/costs", params=asked).text
    table = boss.get("/desk/worth?year=2026").text
    row = next(row for row in TABLE_ROW.findall(table) if "/desk/worth/of/calls" in row)
    assert "€" in row
    assert "Serves a goal whose benefits are proven." in row
    body = boss.get("/desk/worth/table?year=2026").json()
    assert body["datasets"][0]["dataset"] == "calls"


def test_an_auditor_reads_all_of_it_and_changes_nothing(portal: Portal) -> None:
    result = seeded(portal)
    auditor = portal.browser(portal.actor("cora", *ROLES["council-of-city"]))
    for path in (
        "/desk/goals",
        f"/desk/goals/{GOAL}",
        "/desk/ledger/app",
        "/desk/values",
        "/desk/worth",
        f"/goals/{GOAL}/appraisals/{result}",
    ):
        page = auditor.get(path)
        assert page.status_code == 200, path
        assert "Save the change" not in page.text
    assert auditor.get("/desk/ledger/app/edit").status_code == 403
    assert auditor.post(f"/desk/goals/{GOAL}/measure", data={}).status_code == 403


def test_another_office_may_not_keep_it(portal: Portal) -> None:
    seeded(portal)
    other = portal.browser(portal.actor("pat", *ROLES["data-officer-of-parks"]))
    assert other.get("/desk/ledger/app/edit").status_code == 403
    assert other.get(f"/desk/goals/{GOAL}").status_code == 403
    assert other.post(f"/desk/goals/{GOAL}/measure", data={}).status_code == 403
    assert other.get(f"/desk/ledger/new/benefit?goal={GOAL}").status_code == 403


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (f"/desk/goals/{GOAL}/measure", {"day": "yesterday"}),
        (f"/desk/goals/{GOAL}/measure", {"day": "2999-01-01"}),
        (f"/desk/goals/{GOAL}/state", {"value": "1"}),
        (f"/desk/goals/{GOAL}/review", {}),
        (f"/desk/goals/{GOAL}/appraise", {"horizon": "99999"}),
        (f"/desk/goals/{GOAL}/appraise", {"horizon": "1e400"}),
        (f"/desk/goals/{GOAL}/appraise", {"currency": "GBP"}),
        (f"/desk/goals/{GOAL}/appraise", {"base_year": "99999999999999999999"}),
        (f"/desk/goals/{GOAL}/appraise", {"schedule": "../../etc/passwd"}),
        (f"/desk/goals/{GOAL}/appraise", {"schedule": "none"}),
        (f"/desk/goals/{GOAL}/release", {"appraisal": "none"}),
        (f"/desk/goals/{GOAL}/fly", {}),
        ("/desk/ledger/new/ship", {}),
        ("/desk/ledger/app/edit", {}),
        ("/desk/ledger/app/edit", {"revision": "x"}),
        ("/desk/ledger/app/back", {"revision": "99"}),
        ("/desk/ledger/app/back", {"revision": "x"}),
        ("/desk/ledger/app/remove", {"revision": "1"}),
        ("/desk/ledger/nothing/remove", {"revision": "1"}),
        ("/desk/goals/new", {"template": "none", "publisher": "roads"}),
        ("/desk/values", {"value": ["none"]}),
        ("/desk/worth/costs", {"publisher": "none", "year": "x"}),
        (f"/desk/ledger/new/benefit?goal={GOAL}", {"quantity-likely": "9" * 400}),
        (f"/desk/ledger/new/benefit?goal={GOAL}", {"first_year": "-1", "years": "1e9"}),
        (f"/desk/ledger/{GOAL}/edit?part=steps", {"revision": "1", "s0-first": "soon"}),
    ],
)
def test_broken_input_is_told_and_never_an_error_of_ours(
    portal: Portal, boss: Client, path: str, data: dict[str, object]
) -> None:
    seeded(portal)
    answer = boss.post(path, data=data)  # type: ignore[arg-type]
    assert answer.status_code in (303, 404, 409, 422), f"{answer.status_code} {answer.text[:400]}"


def test_results_of_another_goal_are_not_released_through_this_one(
    portal: Portal, boss: Client
) -> None:
    seeded(portal, release=False)
    with portal.city.work(SYSTEM) as work:
        whole = appraisal.appraise(work, None, draws=100)
    answer = boss.post(
        f"/desk/goals/{GOAL}/release", data={"appraisal": whole.id, "is_public": "1"}
    )
    assert answer.status_code == 404


def test_a_dataset_as_an_asset_shows_each_input(portal: Portal, boss: Client) -> None:
    seeded(portal)
    page = boss.get(f"/desk/worth/of/{CALLS}?year=2026")
    assert page.status_code == 200
    for words in ("Intrinsic value", "not checked against the book", "assumed", "measured"):
        assert words in page.text
    assert "0.38" in page.text  # calls fell from 420 to 262
    assert boss.get("/desk/worth/of/none").status_code == 404
    stranger = portal.browser(portal.actor("pat", *ROLES["data-officer-of-parks"]))
    assert stranger.get(f"/desk/worth/of/{CALLS}").status_code == 403


def test_a_form_that_is_sent_as_it_came_changes_nothing_but_the_reason(
    portal: Portal, boss: Client
) -> None:
    seeded(portal)
    with portal.city.work(SYSTEM) as work:
        things = [
            ledger.goal(work, GOAL),
            *ledger.benefits(work, GOAL),
            *ledger.costs(work, GOAL),
            *ledger.unit_values(work),
            *ledger.problems(work),
        ]
    assert OBJECTIVE.baseline is not None
    odd = replace(OBJECTIVE, target=1.234, baseline=replace(OBJECTIVE.baseline, value=382.125))
    for thing in (*things, odd):
        assert made(filled(thing), thing) == thing
    assert made(filled(odd), odd, steps=True) == odd
