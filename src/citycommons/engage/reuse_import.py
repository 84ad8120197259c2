"""Reuses of a portal that is left behind: udata's `reuses`, CKAN's showcases.

A reuse comes over if one of its datasets is here, by its id, its slug or its identifier there.
The same file twice brings nothing twice: an address is known once.

References
----------
udata: `/api/1/reuses/` (`data`, `type`, `datasets`). CKAN: `ckanext_showcase_list`, where a dump
holds each showcase's packages as `datasets` or `packages`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from citycommons.core.errors import CityError, Conflict, Invalid
from citycommons.core.reuses import Reuse, ReuseKind
from citycommons.engage import reuses
from citycommons.engage.reuses import Claim
from citycommons.govern.access import Action, require
from citycommons.store import reuses as rows
from citycommons.store.work import Work

_MOST_BYTES = 64 << 20
_LISTS = ("data", "result", "results", "reuses", "showcases")
_KINDS = {  # udata's types (udata/core/reuse/constants.py) in our words
    "api": ReuseKind.SERVICE,
    "application": ReuseKind.APP,
    "hardware": ReuseKind.APP,
    "idea": ReuseKind.OTHER,
    "news_article": ReuseKind.ARTICLE,
    "paper": ReuseKind.RESEARCH,
    "post": ReuseKind.ARTICLE,
    "visualization": ReuseKind.VISUALISATION,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a file brought."""

    added: tuple[Reuse, ...]
    known: int  # addresses that were here before
    without_data: int  # none of their datasets is here
    faults: tuple[str, ...]  # which could not be used, and why


def read(path: Path) -> list[dict[str, Any]]:
    """The records of a file. Raises `Invalid` for what is no list of reuses."""
    if path.stat().st_size > _MOST_BYTES:
        raise Invalid(f"{path} is larger than {_MOST_BYTES >> 20} MB. Split it.")
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as cause:
        raise Invalid(f"{path} is no JSON: {cause}.") from cause
    if isinstance(found, dict):
        found = next((found[name] for name in _LISTS if isinstance(found.get(name), list)), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Invalid(
            f"{path} is no list of reuses. Save what /api/1/reuses/ of udata answers, or the "
            "showcases of CKAN with their datasets."
        )
    return found


def take(work: Work, records: Iterable[dict[str, Any]], *, confirms: bool = False) -> Imported:
    """Keep what is new as claims, or as confirmed where the operator vouches for the old portal."""
    require(work, Action.MANAGE_CITY)
    given = list(records)
    here = rows.datasets_named(work.db, {name for one in given for name in _names(one)})
    added: list[Reuse] = []
    faults: list[str] = []
    known = without_data = 0
    for one in given:
        named = tuple(dict.fromkeys(here[name] for name in _names(one) if name in here))
        if not named:
            without_data += 1
            continue
        claim = _claim(one, named[: reuses.MOST_DATASETS])
        try:
            made = reuses.claim(work, claim)
        except Conflict:
            known += 1
            continue
        except CityError as error:
            faults.append(f"{claim.title or '?'}: {error.message}")
            continue
        added.append(reuses.confirm(work, made.id) if confirms else made)
    return Imported(
        added=tuple(added), known=known, without_data=without_data, faults=tuple(faults)
    )


def _claim(one: dict[str, Any], datasets: tuple[str, ...]) -> Claim:
    owner = one.get("owner") if isinstance(one.get("owner"), dict) else {}
    person = f"{owner.get('first_name', '')} {owner.get('last_name', '')}".strip() if owner else ""
    group = one.get("organization")
    maker = group.get("name") if isinstance(group, dict) else group
    url = _text(one, "url") or _text(one, "external_url")
    text = _text(one, "description") or _text(one, "notes")
    return Claim(
        title=_text(one, "title")[: reuses.LONGEST_TITLE],
        kind=_KINDS.get(_text(one, "type"), ReuseKind.OTHER).value,
        url=url,
        description=text[: reuses.LONGEST_TEXT],
        maker=str(maker or person or _text(one, "author") or _parts(url)[0])[
            : reuses.LONGEST_MAKER
        ],
        datasets=datasets,
    )


def _text(one: dict[str, Any], name: str) -> str:
    value = one.get(name)
    return value if isinstance(value, str) else ""


def _names(one: dict[str, Any]) -> list[str]:
    """All names by which the record calls its datasets."""
    found: list[str] = []
    for key in ("datasets", "packages"):
        listed = one.get(key)
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, str):
                found.append(each)
            elif isinstance(each, dict):
                found += [_text(each, name) for name in ("id", "slug", "name")]
                found += [_last(_text(each, name)) for name in ("page", "uri", "url")]
    return [name for name in found if name][:200]


def _last(url: str) -> str:
    """The last part of an address: datasets are named by it at udata and CKAN."""
    return _parts(url)[1].rstrip("/").rpartition("/")[2] if url.startswith("http") else ""


def _parts(url: str) -> tuple[str, str]:
    """Host and path; empty for what is no address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.hostname or "", parts.path
