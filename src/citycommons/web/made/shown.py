"""Reuses, stories and requests as pages, JSON and linked data show them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup

from citycommons.core.reuses import DataRequest, Reuse, ReuseKind, Story
from citycommons.core.types import Dataset, DatasetId
from citycommons.engage import reuse_links, reuses
from citycommons.share import catalogue
from citycommons.store.work import Work

_SCHEMA = {
    ReuseKind.APP: "SoftwareApplication",
    ReuseKind.ARTICLE: "Article",
    ReuseKind.RESEARCH: "ScholarlyArticle",
    ReuseKind.SCHOOL: "LearningResource",
    ReuseKind.VISUALISATION: "CreativeWork",
    ReuseKind.SERVICE: "WebApplication",
    ReuseKind.OTHER: "CreativeWork",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A reuse with its datasets, as far as the reader may know of them."""

    reuse: Reuse
    datasets: tuple[Dataset, ...]
    is_silent: bool  # its address does not answer


def named(work: Work, found: Collection[Reuse]) -> list[Named]:
    """Reuses with the datasets that the actor may discover, in one question."""
    known = datasets_of(work, [id for one in found for id in one.datasets])
    return [
        Named(
            reuse=one,
            datasets=tuple(known[id] for id in one.datasets if id in known),
            is_silent=reuse_links.does_not_answer(one, work.now),
        )
        for one in found
    ]


def datasets_of(work: Work, ids: Collection[DatasetId]) -> dict[DatasetId, Dataset]:
    """Those of these datasets that the actor may discover, by id."""
    found = catalogue.of_ids(work, tuple(dict.fromkeys(ids)))
    return {one.dataset.id: one.dataset for one in found}


def reuse_json(one: Named, base: str) -> dict[str, Any]:
    """A reuse for programs; datasets the reader may not know of are left out."""
    body: dict[str, Any] = msgspec.to_builtins(one.reuse)
    body["datasets"] = [each.id for each in one.datasets]
    body["link_failed"] = body["link_failed"] if one.is_silent else None
    body["page"] = f"{base}/reuses/{one.reuse.id}"
    return body


def reuse_linked(one: Named, base: str) -> dict[str, Any]:
    """A reuse as schema.org and the Data Usage Vocabulary (DUV, W3C Note 2016) say it."""
    reuse = one.reuse
    datasets = [{"@id": f"{base}/datasets/{each.id}"} for each in one.datasets]
    return {
        "@context": {
            "@vocab": "https://schema.org/",
            "duv": "http://www.w3.org/ns/duv#",
            "url": {"@type": "@id"},
            "isBasedOn": {"@type": "@id"},
            "dateCreated": {"@type": "http://www.w3.org/2001/XMLSchema#date"},
        },
        "@id": f"{base}/reuses/{reuse.id}",
        "@type": [_SCHEMA[reuse.kind], "duv:Usage"],
        "name": reuse.title,
        "description": reuse.description,
        "url": reuse.url,
        "creator": {"@type": "Thing", "name": reuse.maker},
        "dateCreated": reuse.created.date().isoformat(),
        "isBasedOn": [each["@id"] for each in datasets],
        "@reverse": {"duv:hasUsage": datasets},
    }


def in_script(document: dict[str, Any]) -> Markup:
    """Linked data inside a page: no sign of it can end the script."""
    text = json.dumps(document, ensure_ascii=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704


def requests_json(work: Work, found: Collection[DataRequest], base: str) -> list[dict[str, Any]]:
    """Requests for programs: who asked and who voted is in none of it, nor what is not public."""
    known = datasets_of(work, [id for one in found for id in one.datasets])
    return [
        msgspec.to_builtins(one)
        | {
            "datasets": [id for id in one.datasets if id in known],
            "page": f"{base}/requests/{one.id}",
        }
        for one in found
    ]


def stories_json(work: Work, found: Collection[Story], base: str) -> list[dict[str, Any]]:
    """Stories for programs, with the datasets and reuses that the actor may know of."""
    known = datasets_of(work, [id for one in found for id in one.datasets])
    named_ = [id for one in found for id in one.reuses]
    made = {one.id for one in reuses.named(work, named_)} if named_ else set()
    return [
        msgspec.to_builtins(one)
        | {
            "datasets": [id for id in one.datasets if id in known],
            "reuses": [id for id in one.reuses if id in made],
            "page": f"{base}/stories/{one.id}",
        }
        for one in found
    ]
