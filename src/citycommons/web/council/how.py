"""How one number of a statement is known: rule, query, inputs, and the rows behind it."""

from typing import Any

from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.measure.impact import use
from citycommons.measure.impact.figures import Figure
from citycommons.measure.impact.period import month_before
from citycommons.measure.impact.scope import Basis, basis
from citycommons.measure.impact.sheet import Sheet, row_of
from citycommons.measure.impact.statement import Statement
from citycommons.measure.impact.words import Say, say
from citycommons.store.work import Work
from citycommons.web.render import render
from citycommons.web.running import Running

ROWS = 200


def how_page(
    running: Running, work: Work, found: Statement, shown: Sheet, asked: str
) -> Response[str]:
    """The page of one number. Raises `NotFound` for one that the statement has not."""
    speak = say(running.language)
    values: dict[str, Any] = {"sheet": shown, "say": speak, "goal": None, "row": None, "rows": ()}
    values["figure"] = found.figure(asked)
    if asked.startswith("goal."):
        goal = next((one for one in found.goals if f"goal.{one.id}" == asked), None)
        values |= {"goal": goal, "row": goal and row_of(found, goal, running.language)}
    if values["goal"] is None and values["figure"] is None:
        raise NotFound(f"The statement has no number “{asked[:60]}”. See the page it stands on.")
    values["months"] = _months(found.figure(asked), speak)
    if asked.startswith("use.here."):
        values["rows"] = _rows(basis(work, found.scope), asked, speak)
    return running.page(render(running.view(), "council/how.html", **values))


def _months(figure: Figure | None, speak: Say) -> list[tuple[str, float]]:
    """Each month of a series by its name, the latest first."""
    if figure is None:
        return []
    latest_first = enumerate(reversed(figure.series))
    return [
        (speak.day(month_before(figure.as_of, back), "MMMM y"), value)
        for back, value in latest_first
    ]


def _rows(of: Basis, asked: str, speak: Say) -> list[tuple[str, str, int]]:
    """(id, title, count) of each dataset; what was taken away since is named by its id."""
    found: list[tuple[str, str, int]] = []
    for id, count in list(use.by_dataset(of, asked).items())[:ROWS]:
        known = of.datasets.get(id)
        found.append((id, speak.text(known.title) if known else id, count))
    return found
