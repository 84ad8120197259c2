"""Quality by three methods, and what to do next: on the dataset page and at the desk."""

from datetime import datetime
from typing import Any

from citycommons.core.types import Dataset, Publisher, Version
from citycommons.understand import quality
from citycommons.web.presentation import Says
from citycommons.web.told import told

MOST = 6  # next steps that are shown


def scored(
    one: Dataset, version: Version | None, publisher: Publisher | None, now: datetime, says: Says
) -> dict[str, Any]:
    """Points by each method, and the steps that would bring the most."""
    scores = quality.scores(one, version, now, publisher)
    steps: dict[str, float] = {}
    for score in scores:
        for metric in score.next_steps:
            if metric.next_step:
                gain = (metric.of - metric.points) / (score.of or 1)
                steps[metric.next_step] = steps.get(metric.next_step, 0.0) + gain
    ordered = sorted(steps, key=lambda step: -steps[step])
    return {
        "scores": [
            {
                "title": told(score.title, says.language),
                "points": says.number(round(score.points)),
                "of": says.number(round(score.of)),
                "share": score.share,
                "rating": told(score.rating, says.language) if score.rating else "",
            }
            for score in scores
        ],
        "next_steps": [told(step, says.language) for step in ordered[:MOST]],
    }
