"""Reuses, a request and a story of an invented town, which say that they are invented.

A real city gets none: what nobody made is not shown as if somebody had.
"""

import tomllib
from pathlib import Path
from typing import Any

from citycommons.core.types import DatasetId
from citycommons.engage import reuses, stories
from citycommons.engage.reuses import Claim
from citycommons.engage.stories import Draft
from citycommons.engage.typed import same_address
from citycommons.engage.wanted import asking
from citycommons.share import catalogue
from citycommons.store import reuses as reuse_rows
from citycommons.store import stories as story_rows
from citycommons.store import wanted as request_rows
from citycommons.store.wanted import Voter
from citycommons.store.work import Work


def build(work: Work, city: str) -> int:
    """Fill what is empty; answers how much was made. Twice does nothing twice."""
    file = Path(__file__).with_name(f"demo_{city}.toml")
    if not file.is_file():
        return 0
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    made = [_reuse(work, one, confirms=True) for one in given["reuse"]]
    made += [_reuse(work, one, confirms=False) for one in given["claim"]]
    made += [_request(work, one) for one in given["request"]]
    made += [_story(work, one) for one in given["story"]]
    return sum(made)


def _is_there(work: Work, one: dict[str, Any]) -> bool:
    named = tuple(DatasetId(each) for each in one["datasets"])
    return len(catalogue.of_ids(work, named)) == len(named)


def _reuse(work: Work, one: dict[str, Any], *, confirms: bool) -> bool:
    if reuse_rows.by_address(work.db, same_address(one["url"])) or not _is_there(work, one):
        return False
    made = reuses.claim(work, Claim(**{**one, "datasets": tuple(one["datasets"])}))
    if confirms:
        reuses.confirm(work, made.id)
    return True


def _request(work: Work, one: dict[str, Any]) -> bool:
    if request_rows.find(work.db, text=one["title"], limit=1):
        return False
    made = asking.ask(
        work,
        title=one["title"],
        purpose=one["purpose"],
        description=one["description"],
        language="en",
    )
    for number in range(1, one["votes"]):
        request_rows.vote(work.db, made.id, Voter(key=f"demo-{number}"), work.now)
    return True


def _story(work: Work, one: dict[str, Any]) -> bool:
    if story_rows.count(work.db, is_public=None) or not _is_there(work, one):
        return False
    told = {name: one[name] for name in ("title", "lead", "body", "day")}
    made = stories.write(work, Draft(**told, datasets=tuple(one["datasets"])))
    stories.show(work, made.id, is_public=True)
    return True
