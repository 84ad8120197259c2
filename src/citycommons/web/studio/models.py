"""The city's traffic models in this process, and what is made ready before anybody asks."""

import logging
import threading

from citycommons.act.model import kept
from citycommons.act.model.types import TrafficModel
from citycommons.core.errors import NotFound
from citycommons.core.works import Effect
from citycommons.store.work import Work
from citycommons.web.studio import asking, network
from citycommons.web.studio.question import Drawn, Question, Stretch

_log = logging.getLogger("citycommons.web")
_warmed: set[str] = set()
_lock = threading.Lock()


def model_of(work: Work, id: str = "") -> TrafficModel:
    """The model of this id, or the city's newest; the last few stay in memory.

    Raises `NotFound`, also where none was built yet.
    """
    wanted = id or latest_id(work)
    if not wanted:
        raise NotFound(
            "There is no traffic model yet. Build one: citycommons roadworks model build"
        )
    return kept.get(work, wanted)


def latest_id(work: Work) -> str:
    """The id of the city's newest model; empty where none was built."""
    return kept.latest_id(work) or ""


def warm(model: TrafficModel) -> None:
    """Begin what the first answer needs: the solver compiled, bases solved, streets written.

    Runs once for each model, in the background; who asks meanwhile finds part of it done.
    """
    with _lock:
        if model.id in _warmed:
            return
        _warmed.add(model.id)
    threading.Thread(target=_warm, args=(model,), name="warm", daemon=True).start()


def _warm(model: TrafficModel) -> None:
    try:
        network.network_json(model)
        asked = _any_closure(model)
        for _ in asking.forecasts(model, asked, asking.Context()):
            pass
    except Exception:  # noqa: BLE001  (nobody waits for it; the next question says what is wrong)
        _log.exception("The traffic model %s could not be made ready.", model.id)


def _any_closure(model: TrafficModel) -> Question:
    """The street with most traffic closed for a day in the hour that the studio opens with."""
    flow = network.busiest(model).base.flow
    link = max(network.streets_of(model), key=lambda one: flow[one])
    day = model.created.date()
    drawn = Drawn(effect=Effect.CLOSED, links=(link,))
    return Question(model=model.id, phases=(Stretch(first_day=day, last_day=day, drawn=(drawn,)),))
