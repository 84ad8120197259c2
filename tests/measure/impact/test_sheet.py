"""What a sheet shows of a statement, and where."""

import re

from tests.measure.goals.given import GOAL, changed
from tests.measure.impact.test_joins import stated
from tests.measure.impact.whole import filled

from citycommons.core.types import SYSTEM
from citycommons.measure.goals import ledger
from citycommons.measure.impact.markup import fragment
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.scope import Audience
from citycommons.measure.impact.sheet import sheet
from citycommons.store.work import City


def test_a_mark_stands_where_it_is_never_cut_off(city: City) -> None:
    """The line below an objective ends in dots where it is long; beside the proof there is room."""
    filled(city)
    with city.work(SYSTEM) as work:
        goal = ledger.goal(work, GOAL.id)
    changed(city, goal, target=10.0)
    found = fragment(sheet(stated(city, period=parse("2026-Q2")), "en"))
    [row] = re.findall(r'<tr><th scope="row">.*?</tr>', found.partition('id="datasets"')[0])
    head, *_, proof = re.findall(r"<t[hd].*?</t[hd]>", row)
    assert "afterwards" not in head
    assert '<small class="st-mark">changed afterwards' in proof


def test_the_public_is_not_told_zero_where_counts_are_too_small_to_be_told(city: City) -> None:
    period = parse("2026-Q1")
    filled(city)
    empty = parse("2024-Q1")
    for scope in ({"period": period}, {"period": empty}):
        told = stated(city, audience=Audience.PUBLIC, **scope)
        known = {one.id: one.value for one in told.figures if one.id.startswith("use.here.")}
        del known["use.here.robots"]
        assert 0 not in known.values()
    assert known == dict.fromkeys(known)
    shown = {one.id: one.note for one in sheet(told, "en").top[0].items}
    assert "less than five" in shown["use.here.requests"]
    exact = stated(city, period=empty).figure("use.here.requests")
    assert exact is not None
    assert exact.value == 0
