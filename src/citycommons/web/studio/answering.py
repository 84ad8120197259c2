"""`GET /desk/roadworks/whatif?…`: the answer line by line (NDJSON), rough first."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import orjson
from litestar import get
from litestar.response import Response, Stream

from citycommons.act.model.types import TrafficModel
from citycommons.act.roadworks.types import Forecast, HourForecast
from citycommons.core.errors import CityError, Invalid
from citycommons.govern.access import Action
from citycommons.web.errors import logged
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.running import Running, RunningRequest
from citycommons.web.studio import around, asking, models, question, said
from citycommons.web.studio.around import Beside
from citycommons.web.studio.asking import Context
from citycommons.web.studio.question import Question
from citycommons.web.told import told
from citycommons.web.turns import long_turn

NDJSON = "application/x-ndjson"
_MOST_STREETS = 1500
_turns = asking.Turns()
_lookers = ThreadPoolExecutor(2, "beside")


@get("/desk/roadworks/whatif", sync_to_thread=True, opt={"may": Action.PROPOSE_WORKS})
def whatif(running: Running) -> Response[Any]:
    """What drawn works do, as it becomes known; a later question ends this one."""
    asked = question.read(running.query)
    if not asked.is_drawn:
        raise Invalid("Nothing is drawn: name at least one measure, as in phase=…;closed:12:both.")
    with running.work() as work:
        model = models.model_of(work, asked.model)
        asked = question.checked(asked, model)
        context = around.context(work, asked, model)
    asker = f"{running.actor.id} {running.get('tab')}"
    number = _turns.begin(asker)
    answers = lines(running, model, asked, context)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    body = _streamed(answers, lambda: _turns.is_latest(asker, number))
    return Stream(body, media_type=NDJSON, headers=headers)


async def _streamed(answers: Iterator[bytes], is_wanted: Any) -> AsyncIterator[bytes]:
    """Each line as soon as it is there; what nobody waits for any more is not worked out."""
    with closing(answers):  # type: ignore[type-var]
        while is_wanted():
            line = await asyncio.to_thread(next, answers, None)
            if line is None:
                return
            yield line


def lines(
    running: RunningRequest, model: TrafficModel, asked: Question, context: Context
) -> Iterator[bytes]:
    """The lines of an answer; what goes wrong on the way is the last line.

    What is beside the works is looked up meanwhile, and said as soon as it is known.
    """
    began = time.perf_counter()
    looking = _lookers.submit(_beside, running, asked, model)
    try:
        with long_turn():
            for found in asking.forecasts(model, asked, context):
                beside = looking.result() if found.runs or looking.done() else Beside()
                yield line(running, model, asked, beside, found, time.perf_counter() - began)
    except CityError as error:
        yield _packed({"stage": "failed", "words": told(error.message, running.language)})
    except Exception as cause:  # noqa: BLE001  (the answer has begun: it can no longer be a 500)
        words = told(logged(running, cause).message, running.language)
        yield _packed({"stage": "failed", "words": words})


def _beside(running: RunningRequest, asked: Question, model: TrafficModel) -> Beside:
    with running.work() as work:
        return around.beside(work, running.city.settings, asked, model)


def line(
    running: RunningRequest,
    model: TrafficModel,
    asked: Question,
    beside: Beside,
    found: Forecast,
    spent: float,
) -> bytes:
    """One line: the panel as HTML, the changed links for the map, the day for the strip below."""
    says = speaker(running.view())
    shown = said.answer(beside.told(found), asked, model, says, beside=beside)
    hour = found.hours[asking.place(asked)]
    return _packed(
        {
            "stage": "rough" if not found.runs else "final" if is_final(found) else "refined",
            "runs": found.runs,
            "of": asking.RUNS,
            "ms": round(1000 * spent),
            "id": found.id,
            "words": _progress(found, spent, says),
            "headline": shown["headline"],
            "html": render(running.view(), "studio/answer.html", a=shown),
            "bars": said.bars(found, asked, model, says),
            "streets": streets(hour),
        }
    )


def is_final(found: Forecast) -> bool:
    """Whether no more runs follow."""
    return found.runs >= asking.RUNS


def streets(hour: HourForecast) -> list[dict[str, Any]]:
    """The changed links as the map draws them."""
    return [
        {
            "link": one.link,
            "street": one.street,
            "before": round(one.before),
            "after": round(one.after.middle),
            "change": round(one.change.middle, 1),
            "low": round(one.change.low, 1),
            "high": round(one.change.high, 1),
        }
        for one in hour.streets[:_MOST_STREETS]
    ]


def _progress(found: Forecast, spent: float, says: Says) -> str:
    seconds = says.number(spent, 2)
    if not found.runs:
        text = says._(N_("A first answer after {seconds} s; its range follows"))
        return text.format(seconds=seconds)
    text = says._(N_("{runs} of {of} runs after {seconds} s"))
    return text.format(runs=found.runs, of=asking.RUNS, seconds=seconds)


def _packed(body: dict[str, Any]) -> bytes:
    return orjson.dumps(body, default=str, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"


HANDLERS = [whatif]
