"""Everything together: each part of a statement is filled from what the city keeps."""

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2
import pytest
from sqlalchemy import event
from tests.measure.goals.given import GOAL, changed
from tests.measure.impact.whole import filled

from citycommons.core.types import ANYONE, LANGUAGES, SYSTEM, PublisherId
from citycommons.measure.goals import ledger
from citycommons.measure.impact.figures import Sureness
from citycommons.measure.impact.markup import document
from citycommons.measure.impact.pdf import pdf
from citycommons.measure.impact.period import parse
from citycommons.measure.impact.scope import Audience, Scope
from citycommons.measure.impact.sheet import sheet
from citycommons.measure.impact.statement import Statement, digest, statement
from citycommons.store.work import City

Q1 = parse("2026-Q1")
MOST_STATEMENTS = 20  # also with a thousand datasets and goals


def stated(city: City, **scope: object) -> Statement:
    wanted = Scope(**({"period": Q1} | scope))  # type: ignore[arg-type]
    actor = ANYONE if wanted.audience is Audience.PUBLIC else SYSTEM
    with city.work(actor, may_write=False) as work:
        return statement(work, wanted, city.settings)


@contextmanager
def counting(city: City) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_db: object, _cursor: object, text: str, *_: object) -> None:
        found.append(text)

    event.listen(city.engine, "before_cursor_execute", note)
    yield found
    event.remove(city.engine, "before_cursor_execute", note)


def test_every_part_is_filled_from_what_the_city_keeps(any_city: City) -> None:
    found = stated(filled(any_city))
    values = {one.id: one.value for one in found.figures}
    assert values["use.here.requests"] == 1300
    assert values["use.here.robots"] == 5000
    assert values["use.elsewhere.reported"] == 3000
    assert values["use.elsewhere.portals"] == 1
    assert (values["reuse.confirmed"], values["reuse.new"], values["story.public"]) == (1, 1, 1)
    assert (values["demand.open"], values["demand.votes"], values["demand.missed"]) == (1, 1, 12)
    goal = found.goals[0]
    assert (goal.baseline, goal.now, goal.claim, goal.grade) == (100.0, 65.0, "measured", "C")
    assert goal.inputs
    npv = found.figure("money.npv")
    assert npv is not None
    assert npv.sureness is Sureness.COMPUTED
    assert npv.low is not None
    assert npv.high is not None
    assert npv.low < (npv.value or 0) < npv.high
    top = found.datasets[0]
    assert (top.id, top.here, top.reported) == ("trees", 1204, 3000)
    assert [one.title for one in found.wishes] == ["Where the fountains are", "trinkbrunnen"]


def test_one_statement_asks_few_questions_of_the_database(any_city: City) -> None:
    city = filled(any_city)
    with counting(city) as asked:
        stated(city)
    asked = [text for text in asked if not text.startswith("BEGIN")]
    assert len(asked) <= MOST_STATEMENTS, len(asked)


def test_the_public_reads_no_costs_no_searches_and_no_goal_that_is_not_public(city: City) -> None:
    filled(city)
    open_ = stated(city, audience=Audience.PUBLIC)
    assert open_.goals
    assert all(one.value is None for one in open_.figures if one.id.startswith("money."))
    assert [one.title for one in open_.wishes] == ["Where the fountains are"]
    with city.work(SYSTEM) as work:
        goal = ledger.goal(work, GOAL.id)
    changed(city, goal, is_public=False)
    assert stated(city, audience=Audience.PUBLIC).goals == ()
    assert stated(city).goals


def test_a_baseline_that_was_changed_afterwards_is_marked(city: City) -> None:
    filled(city)
    with city.work(SYSTEM) as work:
        goal = ledger.goal(work, GOAL.id)
    changed(city, goal, target=10.0)
    later = stated(city, period=parse("2026-Q2"))
    assert later.goals[0].changed_baselines >= 1
    assert "afterwards" in sheet(later, "en").goals[0].mark


def test_a_publisher_has_a_statement_of_its_own(city: City) -> None:
    own = stated(filled(city), publisher=PublisherId("roads"))
    assert own.publisher_name == "Office for Roads"
    assert digest(own) != digest(stated(city))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_sheet_fits_one_page_and_escapes_what_people_wrote(
    city: City, language: str
) -> None:
    found = stated(filled(city))
    shown = sheet(found, language)
    with pypdfium2.PdfDocument(pdf(shown, found)) as read:
        assert len(read) == 1
        text = read[0].get_textpage().get_text_bounded()
    assert "<b>map</b>" in " ".join(text.split())
    page = document(shown, "https://data.example")
    assert "&lt;b&gt;map" in page
    assert "<script" not in page
