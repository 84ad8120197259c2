"""What we report to the origin of our copies: our own counts, and those of copies made of ours.

Only what was served here is counted here: a dataset that merely links to its origin's file has no
version, so nothing of it is ever opened as a request. Who asks for the copies of a host's datasets,
signed by that host, gets exact counts; everybody else gets what everybody may see.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from citycommons.core.copies import Copy, CopyCount, CopyState, Portal
from citycommons.core.counting import Method, Metric
from citycommons.core.types import SYSTEM, DatasetId
from citycommons.measure.republication import iris, partners, signatures
from citycommons.measure.republication.signatures import Answer, NotGenuine, Request
from citycommons.measure.usage.cells import Cell, shown
from citycommons.measure.usage.report import Asked, Downstream, entry_of
from citycommons.share.catalogue import Entry
from citycommons.store import copies
from citycommons.store.signing_key import signing_key
from citycommons.store.usage import settle
from citycommons.store.work import City, Work

_MOST_HITS = 200_000  # of a day, that are counted while somebody waits
_METRICS = {
    Metric.TOTAL_INVESTIGATIONS: "investigations",
    Metric.TOTAL_REQUESTS: "requests",
    Metric.UNIQUE_INVESTIGATIONS: "unique_investigations",
    Metric.UNIQUE_REQUESTS: "unique_requests",
}


def partner(city: City, request: Request, origin: str) -> Portal | None:
    """The portal that asks for the copies of its own datasets; None for anybody else.

    Raises `NotGenuine` for a signature that does not hold, or whose key is not known here.
    """
    if not signatures.is_signed(request.headers):
        return None
    with city.work(SYSTEM) as work:  # short: it uses up a nonce
        found = partners.signer(work, request)
    if found is None:
        raise NotGenuine(
            "The key of this signature is not known here. It is read when a copy of your datasets "
            "is announced; ask without a signature meanwhile."
        )
    if iris.host_of(origin) != iris.host_of(found.url):
        return None
    # What it took a minute ago belongs into what it is told now.
    city.usage.flush()
    settle(city.engine, city.clock(), most=_MOST_HITS)
    return found


def signed(city: City, request: Request, body: bytes, media_type: str, url: str) -> dict[str, str]:
    """Headers with which an answer to a signed request is signed in turn."""
    answer = Answer(
        status_code=200, request=request, headers={"content-type": media_type}, body=body
    )
    key = signing_key(city.settings.home)
    return signatures.sign_answer(answer, key, partners.keyid(url), city.clock())


def downstream(url: str, *, exact: bool) -> Downstream:
    """Entries of copies of our copies, as their portals reported them to us."""

    def entries(work: Work, asked: Asked, of: Sequence[Entry]) -> Iterable[Mapping[str, Any]]:
        if not asked.origin or not (exact or asked.grain == "month"):
            return  # days of others are exact or nothing
        by_id = {one.dataset.id: one for one in of}
        found = copies.copies_of(
            work.db, datasets=tuple(by_id), states=[CopyState.VERIFIED, CopyState.GONE]
        )
        said = _said(work, asked, found)
        portals = copies.portals_of(work.db, {one.portal for one in found})
        for copy in found:
            if cells := said.get(copy.id):
                told = cells if exact else list(shown(cells))
                entry = by_id[copy.dataset]
                yield _entry(entry, copy, told, asked, url, portals[copy.portal].name)

    return entries


def _said(work: Work, asked: Asked, found: Sequence[Copy]) -> dict[str, list[Cell]]:
    counts = copies.counts(
        work.db,
        [one.id for one in found],
        is_daily=asked.grain == "day",
        first_day=asked.first_day,
        last_day=asked.last_day,
    )
    grouped: dict[tuple[str, Any, Method], list[CopyCount]] = defaultdict(list)
    for one in counts:
        if not one.is_outlier and one.certainty.value == "reported":
            grouped[one.copy, one.first_day, one.method].append(one)
    cells: dict[str, list[Cell]] = defaultdict(list)
    dataset = {one.id: one.dataset for one in found}
    for (copy, day, method), several in grouped.items():
        made = Cell(dataset=DatasetId(dataset[several[0].copy]), first_day=day, method=method)
        counted: dict[str, Any] = {_METRICS[one.metric]: one.count for one in several}
        cells[copy].append(replace(made, **counted))
    return cells


def _entry(
    entry: Entry, copy: Copy, cells: Iterable[Cell], asked: Asked, url: str, platform: str
) -> dict[str, Any]:
    ours = iris.dataset_iri(url, entry.dataset.id)
    made = entry_of(entry, cells, asked, url=url, platform=platform)
    attributes = [one for one in made["dataset-attributes"] if not one["value"].startswith("via=")]
    via = {"type": "proprietary", "value": f"via={copy.via or ours}"}
    return made | {
        "uri": copy.iri,
        "dataset-id": [{"type": "uri", "value": copy.iri}],
        "dataset-attributes": [*attributes, via],
    }
