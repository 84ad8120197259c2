"""Scores and next steps as pages say them: the quality page, the dataset page, the desk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from citycommons.core.types import Dataset, Publisher, Version
from citycommons.understand import quality
from citycommons.understand.scores import Score
from citycommons.web import mending
from citycommons.web.language import N_
from citycommons.web.mending import Topic
from citycommons.web.presentation import Says
from citycommons.web.told import told

MOST = 6  # next steps that are shown where quality is one of several things
SHORT = {"udata": "udata", "mqa": "MQA", "content": N_("content")}
RATINGS = {
    "excellent": N_("excellent"),
    "good": N_("good"),
    "sufficient": N_("sufficient"),
    "bad": N_("bad"),
}
_ABOUT = {
    "udata": N_(
        "The software of the French national portal asks nine questions of equal weight. We answer "
        "them from the description and from what is published here."
    ),
    "mqa": N_(
        "The European data portal gives up to 405 points for what a description says of a dataset: "
        "whether it can be found, reached, combined, used again and understood."
    ),
    "content": N_(
        "Five measures of the values themselves, 20 points each, from the statistics and faults "
        "that are kept with each version. Whether values are true needs a second source, and is "
        "not measured."
    ),
}


@dataclass(slots=True, kw_only=True)
class Step:
    """What to do next, and how many points it brings by each method."""

    topic: Topic
    words: str = ""  # in English
    gains: dict[str, float] = field(default_factory=dict)
    weight: float = 0.0  # shares of all points, summed over the methods


def steps(scores: tuple[Score, ...], dataset: Dataset) -> list[Step]:
    """What is missing, once for all methods that ask for it, the most points first."""
    found: dict[Topic, Step] = {}
    for score in scores:
        for metric in score.next_steps:
            topic = mending.topic(metric, dataset)
            step = found.setdefault(topic, Step(topic=topic))
            gain = metric.of - metric.points
            step.gains[score.method] = step.gains.get(score.method, 0.0) + gain
            step.weight += gain / (score.of or 1)
            if not step.words or mending.TOPICS[metric.name] is topic:
                step.words = max(step.words, metric.next_step, key=len)  # the fullest says most
    return sorted(found.values(), key=lambda step: -step.weight)


def scored(
    one: Dataset, version: Version | None, publisher: Publisher | None, now: datetime, says: Says
) -> dict[str, Any]:
    """Points by each method, and the steps that would bring the most."""
    scores = quality.scores(one, version, now, publisher)
    return {
        "scores": [score_words(score, says) for score in scores],
        "next_steps": [told(step.words, says.language) for step in steps(scores, one)[:MOST]],
    }


def in_short(
    one: Dataset, version: Version | None, publisher: Publisher | None, now: datetime
) -> dict[str, int]:
    """Points for a line of a list: of udata's nine, and of the European 405."""
    points = {
        score.method: (round(score.points), round(score.of))
        for score in quality.scores(one, version, now, publisher)
    }
    (nine, _), (mqa, of) = points["udata"], points["mqa"]
    return {"udata": nine, "mqa": mqa, "mqa_of": of}


def score_words(score: Score, says: Says) -> dict[str, Any]:
    """A score in the reader's language."""
    return {
        "method": score.method,
        "title": told(score.title, says.language),
        "points": says.number(round(score.points)),
        "of": says.number(round(score.of)),
        "share": score.share,
        "rating": says._(RATINGS.get(score.rating, "")),
        "source": score.source,
        "about": says._(_ABOUT[score.method]),
    }


def gains_words(gains: Mapping[str, float], says: Says) -> str:
    """The points that a step brings: “MQA +20 · udata +1”."""
    return " · ".join(
        f"{says._(SHORT[method])} +{says.number(round(gain, 1))}" for method, gain in gains.items()
    )
