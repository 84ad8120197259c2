"""Where at the desk a person mends what a measure of quality misses."""

from enum import StrEnum
from urllib.parse import quote

from citycommons.core.types import Actor, Dataset, Version
from citycommons.govern.access import Action, allows
from citycommons.understand.scores import Metric


class Topic(StrEnum):
    """What several methods ask for, each in its own words; mended in one place."""

    LICENSE = "license"
    PERIOD = "period"
    PLACE = "place"
    RHYTHM = "rhythm"
    FRESH = "fresh"
    DESCRIPTION = "description"
    FILES = "files"
    LINKS = "links"
    COLUMNS = "columns"
    KEYWORDS = "keywords"
    THEME = "theme"
    ACCESS = "access"
    CONTACT = "contact"
    PUBLISHER = "publisher"
    RIGHTS = "rights"
    CELLS = "cells"
    FAULTS = "faults"
    TWICE = "twice"
    AGREE = "agree"


TOPICS = {
    "license": Topic.LICENSE,
    "license-vocabulary": Topic.LICENSE,
    "temporal-coverage": Topic.PERIOD,
    "time-search": Topic.PERIOD,
    "spatial-coverage": Topic.PLACE,
    "geo-search": Topic.PLACE,
    "update-frequency": Topic.RHYTHM,
    "updated-in-time": Topic.FRESH,
    "timeliness": Topic.FRESH,
    "description": Topic.DESCRIPTION,
    "dcat-ap": Topic.DESCRIPTION,
    "issued": Topic.DESCRIPTION,
    "modified": Topic.DESCRIPTION,
    "open-format": Topic.FILES,
    "download-url": Topic.FILES,
    "format": Topic.FILES,
    "media-type": Topic.FILES,
    "format-vocabulary": Topic.FILES,
    "non-proprietary": Topic.FILES,
    "machine-readable": Topic.FILES,
    "file-size": Topic.FILES,
    "available": Topic.LINKS,
    "access-url": Topic.LINKS,
    "download-url-status": Topic.LINKS,
    "documented": Topic.COLUMNS,
    "keywords": Topic.KEYWORDS,
    "categories": Topic.THEME,
    "access-rights": Topic.ACCESS,
    "access-rights-vocabulary": Topic.ACCESS,
    "contact": Topic.CONTACT,
    "publisher": Topic.PUBLISHER,
    "rights": Topic.RIGHTS,
    "completeness": Topic.CELLS,
    "validity": Topic.FAULTS,
    "uniqueness": Topic.TWICE,
    "consistency": Topic.AGREE,
}
"""Each metric's topic."""
_FORM = {
    Topic.LICENSE: "licence",
    Topic.PLACE: "place",
    Topic.RHYTHM: "frequency",
    Topic.DESCRIPTION: "description",
    Topic.LINKS: "main",
    Topic.KEYWORDS: "keywords",
    Topic.THEME: "theme",
    Topic.ACCESS: "access",
    Topic.CONTACT: "steward",
    Topic.PUBLISHER: "publisher",
    Topic.RIGHTS: "attribution",
}
"""The part of the dataset's page at the desk that a topic is mended in; the rest needs a file."""


def topic(metric: Metric, dataset: Dataset) -> Topic:
    """What a metric is about; freshness cannot be kept before a rhythm is promised."""
    found = TOPICS[metric.name]
    is_promised = dataset.frequency not in ("", "UNKNOWN", "OTHER")
    return Topic.RHYTHM if found is Topic.FRESH and not is_promised else found


def place(topic: Topic, dataset: Dataset, version: Version | None, actor: Actor) -> str:
    """The address at the desk, or nothing for whom may not go there."""
    page = f"/desk/datasets/{quote(dataset.id, safe='')}"
    if topic in _FORM:
        return f"{page}#{_FORM[topic]}" if allows(actor, Action.DESCRIBE, dataset) else ""
    if not allows(actor, Action.PUBLISH, dataset):
        return ""
    if topic is Topic.FAULTS and version is not None and version.rejects:
        return f"{page}#aside"
    return f"/desk/new?for={quote(dataset.id, safe='')}"
