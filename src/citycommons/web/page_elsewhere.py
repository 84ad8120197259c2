"""Use at other portals as pages say it: here, at each portal by how surely it is known, in sum."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from citycommons.core.copies import Certainty
from citycommons.core.types import DatasetId
from citycommons.measure.republication import shown
from citycommons.measure.republication.shown import Elsewhere
from citycommons.store.work import Work
from citycommons.web.momentary import Momentary

NAMED = 3  # portals that are named in a sentence; more are summed up

_kept: Momentary[tuple[Elsewhere, ...]] = Momentary()
_sums: Momentary[dict[DatasetId, int]] = Momentary()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the sentence: so many uses at a portal, or at several, or somewhere."""

    certainty: Certainty
    count: int
    portal: str = ""  # its name; empty: of several
    portals: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The sentence “1 204 here · 3 311 at Bologna (reported) · 410 elsewhere (estimated)”."""

    here: int
    parts: tuple[Part, ...]
    total: int  # measured and reported: what is counted by the same rules
    copies: int  # that are known, with a number or without one
    apart: int  # of them with numbers that wait for a person


def address(id: DatasetId) -> str:
    """The path of the page of a dataset's copies."""
    return f"/datasets/{id}/copies"


def of_dataset(work: Work, id: DatasetId) -> tuple[Elsewhere, ...]:
    """Use of a dataset's copies in the last year, at most half a minute old."""
    return _kept.get(work, id, lambda: shown.elsewhere(work, [id]).get(id, ()))


def last_month(work: Work, ids: Sequence[DatasetId]) -> dict[DatasetId, int]:
    """Uses elsewhere in the last whole month that are reported or declared, where there are any."""
    end = work.now.date().replace(day=1) - timedelta(days=1)
    return _sums.get(work, (tuple(ids), end), lambda: _of_month(work, ids, end))


def _of_month(work: Work, ids: Sequence[DatasetId], end: date) -> dict[DatasetId, int]:
    found = shown.elsewhere(work, ids, since=end.replace(day=1), until=end)
    sums = {id: _sure(shown.by_certainty(ones)) for id, ones in found.items()}
    return {id: count for id, count in sums.items() if count}


def _sure(sums: dict[Certainty, int]) -> int:
    return sums.get(Certainty.REPORTED, 0) + sums.get(Certainty.DECLARED, 0)


def said(here: int, found: Iterable[Elsewhere]) -> Said:
    """What the page says of `here` and of the copies."""
    ones = tuple(found)
    counted = [one for one in ones if one.uses and not one.is_outlier]
    parts = tuple(
        part
        for certainty in (Certainty.REPORTED, Certainty.DECLARED, Certainty.ESTIMATED)
        for part in _parts(certainty, [one for one in counted if one.certainty is certainty])
    )
    reported = sum(part.count for part in parts if part.certainty is Certainty.REPORTED)
    return Said(
        here=here,
        parts=parts,
        total=here + reported,
        copies=len({one.copy for one in ones}),
        apart=len({one.copy for one in ones if one.is_outlier}),
    )


def _parts(certainty: Certainty, found: Sequence[Elsewhere]) -> list[Part]:
    by_portal: dict[tuple[str, str], int] = defaultdict(int)
    for one in found:
        by_portal[one.portal, one.name] += one.uses
    if certainty is Certainty.ESTIMATED:
        total = sum(by_portal.values())
        return [Part(certainty=certainty, count=total, portals=len(by_portal))] if total else []
    ranked = sorted(by_portal.items(), key=lambda pair: (-pair[1], pair[0][1]))
    named = [Part(certainty=certainty, count=n, portal=name) for (_, name), n in ranked[:NAMED]]
    if rest := ranked[NAMED:]:
        others = sum(count for _, count in rest)
        named.append(Part(certainty=certainty, count=others, portals=len(rest)))
    return named


def forget() -> None:
    """A person decided about a copy: what is shown follows at once, here."""
    _kept.clear()
    _sums.clear()
