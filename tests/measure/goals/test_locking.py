"""Two people at one entry: nothing is lost silently, whatever the order of what they do."""

import threading
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.measure.goals.given import ADMIN, PROBLEM, ROADS, at, kept

from citycommons.core.errors import Conflict, NotFound
from citycommons.core.goals import Act, Problem
from citycommons.measure.goals import ledger
from citycommons.store.work import City

DEEDS = st.lists(st.sampled_from(["load-a", "load-b", "save-a", "save-b", "remove", "restore"]))


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=DEEDS)
def test_any_order_of_two_hands_keeps_a_history_without_gaps(city: City, deeds: list[str]) -> None:
    at(city, "2026-01-10")
    first: Problem = kept(city, replace(PROBLEM, id=""))
    model, gone = [first.title["en"]], False
    hands = {"a": first, "b": first}
    for number, deed in enumerate(deeds):
        now = replace(first, revision=len(model))
        try:
            with city.work(ADMIN) as work:
                if deed.startswith("load"):
                    hands[deed[-1]] = now
                elif deed.startswith("save"):
                    one = replace(hands[deed[-1]], title={"en": f"title {number}"})
                    saved = ledger.save(work, one, "changed")
                    assert one.revision == len(model)
                    assert not gone
                    model.append(saved.title["en"])
                    hands[deed[-1]] = saved
                elif deed == "remove":
                    ledger.remove(work, first.id, revision=len(model), why="gone")
                    model.append("removed")
                    gone = True
                else:
                    ledger.restore(work, first.id)
                    model.append("restored")
                    gone = False
        except (Conflict, NotFound):
            stale = deed.startswith("save") and hands[deed[-1]].revision != len(model)
            assert stale or gone or deed == "restore"
    with city.work(ADMIN, may_write=False) as work:
        past = ledger.history(work, first.id)
    assert [one.thing.revision for one in past] == list(range(len(model), 0, -1))
    saved_titles = [one.thing.title["en"] for one in reversed(past) if one.act is Act.SAVED]
    assert saved_titles == [one for one in model if one not in ("removed", "restored")]


def test_of_eight_who_save_at_once_one_wins_and_the_others_are_told(any_city: City) -> None:
    at(any_city, "2026-01-10")
    one = kept(any_city, PROBLEM)
    start, said = threading.Barrier(8), []

    def change(number: int) -> None:
        start.wait()
        try:
            with any_city.work(ADMIN) as work:
                mine: Any = replace(one, title={"en": f"hand {number}"})
                ledger.save(work, mine, "mine")
            said.append("saved")
        except Conflict as fault:
            said.append(fault.message)

    hands = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(60)
    assert said.count("saved") == 1
    assert len(said) == 8
    assert all("Load it again" in words for words in said if words != "saved")
    with any_city.work(ADMIN, may_write=False) as work:
        assert [past.thing.revision for past in ledger.history(work, one.id)] == [2, 1]
        assert ledger.problem(work, one.id).publisher == ROADS
