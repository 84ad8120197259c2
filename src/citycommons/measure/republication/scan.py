"""Copies that nobody announced: looked for at portals that are known, recognised by their rows.

The portal's catalogue is listed by the connectors that harvest. An entry is a candidate when its
title is like one of ours; its first readable file is fetched, within bounds, read as any file is
read here, and compared by fingerprint. What resembles ours enough becomes a copy that was found,
with its estimated similarity; its use stays estimated until a person confirms it. Entries whose
files lie at our own portal list our data and copy nothing: their use is counted here.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.collect.polite import Polite
from citycommons.core.copies import Copy, CopyId, CopyState, Portal, copy_id
from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import SYSTEM, Dataset, Parcel
from citycommons.govern import audit
from citycommons.measure.republication import fingerprints, keeping
from citycommons.measure.republication.candidates import CATALOGUES, Candidate, candidates
from citycommons.measure.republication.resemblance import Resemblance, Share, resemblance
from citycommons.standardise.read import standardised
from citycommons.store import copies as rows
from citycommons.store.work import City

MOST_COMPARED = 60  # files fetched in one scan
MOST_BYTES = 64 << 20  # of one file
_COMMON = 0.6  # share of our columns that a copy must still have

Progress = Callable[[int, int], None]
"""Called with how many candidates were compared, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """What a scan of one portal came to."""

    listed: int = 0  # entries of its catalogue
    links: int = 0  # of them only list files of ours
    candidates: int = 0  # of them have a title like one of ours
    compared: int = 0
    found: tuple[CopyId, ...] = ()
    failures: tuple[str, ...] = ()  # of files that could not be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    dataset: Dataset
    version: int
    alike: Resemblance


@dataclass(slots=True)
class _Scan:
    city: City
    portal: Portal
    listed: int = 0
    links: int = 0
    compared: int = 0
    found: list[CopyId] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def scan(
    city: City,
    portal: Portal,
    client: Polite | None = None,
    progress: Progress = lambda *_: None,
) -> Scanned:
    """Look for copies of ours at a portal; what is known or was refused there is passed over.

    Raises `Invalid` for a kind of portal whose catalogue is not read, and what its listing raises.
    """
    if portal.kind not in CATALOGUES:
        raise Invalid(f"The catalogue of {portal.name} is of no kind that is read here.")
    keeping.catch_up(city)
    state = _Scan(city, portal)
    with _lent(city, client) as polite:
        listing = CATALOGUES[portal.kind](portal.url, polite).fetch()
        found = _unknown(city, _listed(state, listing))
        # In another order each week, so that each comes to be compared where there are many.
        random.Random(city.clock().toordinal() // 7).shuffle(found)  # noqa: S311
        for number, one in enumerate(found[:MOST_COMPARED]):
            progress(number, len(found))
            _compare(state, one, polite)
    if (rest := len(found) - MOST_COMPARED) > 0:
        state.failures.append(f"{rest} more entries have titles like ours and were not compared.")
    return Scanned(
        listed=state.listed,
        links=state.links,
        candidates=len(found),
        compared=state.compared,
        found=tuple(state.found),
        failures=tuple(state.failures),
    )


def _listed(state: _Scan, listing: Iterable[Parcel]) -> list[Candidate]:
    kept: list[Candidate] = []
    own, ours = state.city.settings.url, keeping.ours(state.city)
    for one in candidates(state.portal, listing, ours, own):
        state.listed += 1
        if one is not None:
            kept += [one] if one.alike else []
            state.links += not one.alike
    return kept


@contextmanager
def _lent(city: City, client: Polite | None) -> Iterator[Polite]:
    """A client within bounds; what it fetched is looked at once, and gone afterwards."""
    if client is not None:
        with client:
            yield client
        return
    with (
        TemporaryDirectory(prefix="citycommons-scan-") as folder,
        Polite(
            cache=Path(folder),
            allow_hosts=city.settings.allow_hosts,
            timeout_s=20.0,
            total_s=300.0,
            attempts=2,
            most_bytes=MOST_BYTES,
        ) as polite,
    ):
        yield polite


def _unknown(city: City, found: Sequence[Candidate]) -> list[Candidate]:
    with city.work(SYSTEM, may_write=False) as work:
        known = rows.copies_at(work.db, [one.iri for one in found])
    return [one for one in found if one.iri not in known or known[one.iri].state is CopyState.GONE]


def _compare(state: _Scan, one: Candidate, client: Polite) -> None:
    if one.link is None:
        state.failures.append(f"{one.iri} has no file that is read here.")
        return
    try:
        table = standardised([client.file(one.link.url)]).table
    except CityError as error:
        state.failures.append(f"{one.iri}: {error.message}")
        return
    state.compared += 1
    found = [match for ours in one.alike if (match := _best(state.city, ours, table))]
    if found:
        state.found.append(_keep(state, one, max(found, key=_closeness)))


def _best(city: City, dataset: Dataset, table: pa.Table) -> _Match | None:
    """The version of a dataset that a table resembles most, if it is a copy of any."""
    theirs = fingerprints.of_table(table)
    kept = keeping.of_dataset(city, dataset.id)
    found = [
        _Match(dataset=dataset, version=version, alike=resemblance(ours, theirs))
        for version, ours in kept
        if ours.shape == theirs.shape
    ]
    if not found and kept:
        found = _over_common(city, dataset, kept[0][0], table)
    return max((one for one in found if one.alike.is_copy), key=_closeness, default=None)


def _closeness(one: _Match) -> tuple[float, int]:
    return one.alike.jaccard.value, one.version


def _over_common(city: City, dataset: Dataset, version: int, table: pa.Table) -> list[_Match]:
    """Compared by the columns that both have: a copy may have lost some, or got others."""
    try:
        opened = keeping.opened(city, dataset.id, version)
    except CityError:
        return []  # withdrawn, or hidden meanwhile
    told = fingerprints.columns(pq.read_schema(opened.path))
    common = sorted(told.keys() & fingerprints.columns(table.schema).keys())
    if len(common) < max(2, _COMMON * len(told)):
        return []
    alike = resemblance(
        fingerprints.of_file(opened.path, common), fingerprints.of_table(table, common)
    )
    return [_Match(dataset=dataset, version=version, alike=alike)]


def _keep(state: _Scan, one: Candidate, match: _Match) -> CopyId:
    found = Copy(
        id=copy_id(one.iri),
        dataset=match.dataset.id,
        iri=one.iri,
        portal=state.portal.id,
        state=CopyState.FOUND,
        version=str(match.version),
        similarity=round(match.alike.jaccard.value, 4),
        reason=in_words(match.alike),
    )
    with state.city.work(SYSTEM) as work:
        rows.save_copy(work.db, found, due=None)
        rows.set_portal_due(work.db, state.portal.id, work.now)
        audit.record(work, "find-copy", found.id, dataset=found.dataset, portal=found.portal)
    return found.id


def in_words(alike: Resemblance) -> str:
    """How alike rows are, for a person: shares with their standard errors in points."""
    both, ours, theirs = alike.jaccard, alike.ours_there, alike.theirs_here
    return (
        f"{_points(both)} of all rows are in both; {_points(ours)} of ours are there, "
        f"{_points(theirs)} of theirs are ours (seen: {both.seen} rows)."
    )


def _points(one: Share) -> str:
    error = f" ± {100 * one.error:.1f}" if one.error else ""
    return f"{100 * one.value:.1f}{error} %"
