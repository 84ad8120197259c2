"""Quality by three methods: each metric, its points, and what to do next."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from citycommons.core.errors import NotFound
from citycommons.core.types import Actor, Dataset, DatasetId, Publisher, Version
from citycommons.govern.access import Action, require
from citycommons.share import open as reader
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand import quality
from citycommons.understand.scores import Metric, Score
from citycommons.web import mending
from citycommons.web.addresses import dataset_path, is_pinned
from citycommons.web.desk.fault_words import done, in_words
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.scores import RATINGS, Step, gains_words, score_words, steps
from citycommons.web.told import told
from citycommons.web.view import View

_DIMENSIONS = {
    "findability": N_("can be found"),
    "accessibility": N_("can be reached"),
    "interoperability": N_("fits together with others"),
    "reusability": N_("can be used again"),
    "contextuality": N_("has its context"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A dataset, one of its versions, and its scores."""

    dataset: Dataset
    version: Version | None
    publisher: Publisher
    scores: tuple[Score, ...]


def measured(work: Work, id: DatasetId, version: str | None) -> Measured:
    """The scores of a dataset at a version, for whoever may read it; nothing is counted as a use.

    Raises `NotFound`, `Forbidden`, or `Withdrawn` for a version that is not there any more.
    """
    shown: Version | None = None
    try:
        opened = reader.look(work, id, version)
        dataset, shown = opened.dataset, opened.version
    except NotFound:
        if is_pinned(version):
            raise
        dataset = catalogue.dataset(work.db, id)
        require(work, Action.READ, dataset)
    publisher = catalogue.publisher(work.db, dataset.publisher)
    found = quality.scores(dataset, shown, work.now, publisher)
    return Measured(dataset=dataset, version=shown, publisher=publisher, scores=found)


def as_json(found: Measured, base: str) -> dict[str, Any]:
    """Scores with all metrics, and what to do next, the most points first."""
    one, shown = found.dataset, found.version
    return {
        "dataset": one.id,
        "version": shown.number if shown else None,
        "scores": [_score_json(score) for score in found.scores],
        "next_steps": [
            {"topic": step.topic, "words": step.words, "gains": step.gains}
            for step in steps(found.scores, one)
        ],
        "url": base + dataset_path(one.id, shown.number if shown else None) + "/quality",
    }


def _score_json(score: Score) -> dict[str, Any]:
    return {
        "method": score.method,
        "title": score.title,
        "source": score.source,
        "points": score.points,
        "of": score.of,
        "share": round(score.share, 4),
        "rating": score.rating or None,
        "metrics": [
            {
                "name": one.name,
                "title": one.title,
                "dimension": one.dimension or None,
                "holds": one.holds,
                "points": one.points,
                "of": one.of,
                "value": None if one.value is None else round(one.value, 6),
                "next_step": one.next_step or None,
            }
            for one in score.metrics
        ],
    }


_MOST_KEPT = 256
_kept: OrderedDict[tuple[object, ...], str] = OrderedDict()
_lock = threading.Lock()


def page(work: Work, view: View, id: DatasetId, version: str | None = None) -> str:
    """The page that shows each metric, its points, and where they are won.

    For whoever did not sign in it is the same until the description, the version or the day is
    another, so it is kept as text.
    """
    found = measured(work, id, version)
    if view.is_signed_in or view.query:
        return _rendered(found, view, version)
    said = msgspec.json.encode((found.dataset, found.publisher))
    city = (str(work.lake.root), view.settings.name, view.settings.accent, view.absolute(""))
    number = found.version.number if found.version else None
    key = (*city, view.language, view.path, hashlib.blake2b(said).digest(), number, work.now.date())
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    html = _rendered(found, view, version)
    with _lock:
        _kept[key] = html
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return html


def _rendered(found: Measured, view: View, version: str | None) -> str:
    says = speaker(view)
    one, shown = found.dataset, found.version
    todo = steps(found.scores, one)
    number = shown.number if shown and is_pinned(version) else None
    values = {
        "title": says.text(one.title),
        "tongue": says.tongue(one.title),
        "address": dataset_path(one.id, number),
        "number": shown.number if shown else None,
        "is_pinned": number is not None,
        "hidden": one.access != "public",
        "words": _words(found, todo, says),
        "scores": [
            score_words(score, says) | {"metrics": _metrics(score, found, view.actor, says)}
            for score in found.scores
        ],
        "steps": [
            {
                "words": told(step.words, says.language),
                "gains": gains_words(step.gains, says),
                "href": mending.place(step.topic, one, shown, view.actor),
            }
            for step in todo
        ],
        "faults": _faults(shown, says) if shown else [],
    }
    return render(view, "quality.html", d=values)


def _metrics(score: Score, found: Measured, actor: Actor, says: Says) -> list[dict[str, Any]]:
    """In the order of points to win; what holds stays in the method's own order."""
    return [
        {
            "title": told(one.title, says.language),
            "dimension": says._(_DIMENSIONS.get(one.dimension, "")),
            "state": _state(one),
            "value": "" if one.value is None else says.percent(one.value),
            "points": says.number(one.points),
            "of": says.number(one.of),
            "share": one.points / one.of if one.of else 0.0,
            "step": told(one.next_step, says.language),
            "href": _place(one, found, actor),
        }
        for one in sorted(score.metrics, key=lambda one: one.points - one.of)
    ]


def _place(metric: Metric, found: Measured, actor: Actor) -> str:
    if metric.holds:
        return ""
    topic = mending.topic(metric, found.dataset)
    return mending.place(topic, found.dataset, found.version, actor)


def _state(metric: Metric) -> str:
    if metric.holds:
        return "holds"
    return "partly" if metric.points else "not"


def _words(found: Measured, todo: list[Step], says: Says) -> str:
    european = next(score for score in found.scores if score.method == "mqa")
    first = says._(N_("By the European measure {rating}: {points} of {of} points.")).format(
        rating=says._(RATINGS[european.rating]),
        points=says.number(round(european.points)),
        of=says.number(round(european.of)),
    )
    if not todo:
        return first + " " + says._(N_("Nothing is missing."))
    step = told(todo[0].words, says.language)
    return first + " " + says._(N_("What would help most: {step}")).format(step=step)


def _faults(shown: Version, says: Says) -> list[dict[str, Any]]:
    rows = shown.rows + shown.rejected
    return [
        {
            # What was left out was not published: its values are for the desk.
            "message": in_words(replace(fault, value="…"), says),
            "column": fault.column,
            "count": fault.count,
            "share": says.percent(min(1.0, fault.count / rows)) if rows else "",
            "done": says._(done(fault)),
        }
        for fault in sorted(shown.faults, key=lambda fault: -fault.count)
    ]
