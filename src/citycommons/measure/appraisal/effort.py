"""Costs that the platform proposes from what it knows: work behind its log, and stored bytes.

No time is measured: the log says how often people did something, and a stated assumption says how
long one such act takes. What comes of it is a proposal that a person confirms, and nothing here is
counted by person.
"""

import tomllib
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from citycommons.core.errors import Invalid
from citycommons.core.goals import Cost, CostId, CostKind, Range, ValueId
from citycommons.core.types import DatasetId, PublisherId
from citycommons.govern.access import Action, require
from citycommons.measure.goals import ledger
from citycommons.store import catalogue, effort
from citycommons.store.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """How many minutes of work stand behind one act, as assumed."""

    name: str
    title: str
    minutes: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often an act was done, and the minutes assumed for one."""

    assumed: Assumed
    count: int

    @property
    def hours(self) -> Range:
        """Hours of all of them, as if all ends came together."""
        share = self.count / 60
        minutes = self.assumed.minutes
        return Range(
            low=minutes.low * share, likely=minutes.likely * share, high=minutes.high * share
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A cost that somebody may confirm, with the acts it was counted from."""

    cost: Cost
    acts: tuple[Counted, ...]
    entered: CostId | None = None  # such a cost of this dataset and year is in the ledger already


@cache
def assumptions() -> tuple[dict[str, Assumed], dict[str, Assumed], str]:
    """Minutes behind each act and each outcome of a run, and where they are from."""
    text = files(__package__).joinpath("facts", "effort.toml").read_text("utf-8")
    said = tomllib.loads(text)
    acts, runs = (
        {
            name: Assumed(
                name=name,
                title=one["title"],
                minutes=Range(low=one["low"], likely=one["likely"], high=one["high"]),
            )
            for name, one in said[part].items()
        }
        for part in ("acts", "runs")
    )
    return acts, runs, f"{said['about']['source']} ({said['about']['year']})"


def costs_from_log(
    work: Work, publisher: PublisherId, year: int, *, hour: ValueId | None = None
) -> tuple[Proposal, ...]:
    """Proposed costs of a publisher's staff in a year: one a dataset, and one for all the rest.

    `hour` is the unit value of an hour; without one the proposal tells hours alone, and cannot be
    saved yet. Raises `Forbidden` without the right to keep the ledger, `Invalid` for a year that
    has not begun.
    """
    require(work, Action.KEEP_LEDGER, publisher)
    _checked(work, year)
    known = _costs(work, publisher, year, CostKind.STAFF)
    names = {str(one.id): one.title for one in catalogue.of_publishers(work.db, [publisher])[1]}
    found = []
    for dataset, acts in sorted(_counted(work, publisher, year, names).items()):
        title = names.get(dataset, {"en": f"Sources and entries of “{publisher}”"})
        cost = Cost(
            id=CostId(""),
            dataset=DatasetId(dataset) if dataset else None,
            publisher=publisher,
            title={language: f"{said} ({year})" for language, said in title.items()},
            kind=CostKind.STAFF,
            quantity=_sum(acts),
            value=hour,
            source=_said(acts, year),
            first_year=year,
        )
        found.append(Proposal(cost=cost, acts=tuple(acts), entered=known.get(dataset)))
    return tuple(found)


def hosting_from_bytes(
    work: Work, publisher: PublisherId, year: int, *, amount: Range, currency: str, source: str
) -> tuple[Proposal, ...]:
    """A year's bill of hosting of the whole city, split by stored bytes: this publisher's part.

    `source` says where the amount is from. Raises `Forbidden` without the right to keep the ledger.
    """
    require(work, Action.KEEP_LEDGER, publisher)
    _checked(work, year)
    if not source.strip():
        raise Invalid("Say where the amount is from: a bill, a contract.", column="source")
    sizes = effort.stored(work.db)
    whole = sum(sizes.values())
    known = _costs(work, publisher, year, CostKind.HOSTING)
    found = []
    for one in catalogue.of_publishers(work.db, [publisher])[1]:
        if not (size := sizes.get(one.id, 0)):
            continue
        share = size / whole
        cost = Cost(
            id=CostId(""),
            dataset=one.id,
            publisher=publisher,
            title={language: f"{said} ({year})" for language, said in one.title.items()},
            kind=CostKind.HOSTING,
            quantity=Range(
                low=amount.low * share, likely=amount.likely * share, high=amount.high * share
            ),
            currency=currency,
            source=f"{source.strip()}; {share:.2%} of {whole:,} stored bytes",
            first_year=year,
        )
        found.append(Proposal(cost=cost, acts=(), entered=known.get(one.id)))
    return tuple(found)


def _checked(work: Work, year: int) -> None:
    if not 2000 <= year <= work.now.year:
        raise Invalid(
            f"Nothing is known of {year}: take a year up to {work.now.year}.", column="year"
        )


def _counted(
    work: Work, publisher: PublisherId, year: int, names: Collection[str]
) -> dict[str, list[Counted]]:
    """Acts of each dataset of the publisher; under the empty name those of no single one."""
    since, until = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    assumed, of_runs, _ = assumptions()
    brings = effort.sources_of(work.db, publisher)
    counts: Counter[tuple[str, str]] = Counter()
    for (act, thing), count in effort.acts(work.db, assumed, since, until).items():
        if thing in names:
            counts[thing, act] += count
        elif thing in brings or thing == publisher:
            counts[brings.get(thing) or "", act] += count
    for (source, outcome), count in effort.outcomes(work.db, since, until).items():
        if source in brings and outcome in of_runs:
            counts[brings[source] or "", outcome] += count
    known, found = assumed | of_runs, dict[str, list[Counted]]()
    for (dataset, act), count in sorted(counts.items()):
        found.setdefault(dataset, []).append(Counted(assumed=known[act], count=count))
    return found


def _costs(work: Work, publisher: PublisherId, year: int, kind: CostKind) -> dict[str, CostId]:
    """Costs of this kind that are in the ledger for the year already, by dataset."""
    return {
        one.dataset or "": one.id
        for one in ledger.costs(work)
        if one.publisher == publisher
        and one.kind is kind
        and one.goal is None
        and one.first_year <= year < one.first_year + one.years
    }


def _sum(acts: list[Counted]) -> Range:
    hours = [one.hours for one in acts]
    return Range(
        low=sum(one.low for one in hours),
        likely=sum(one.likely for one in hours),
        high=sum(one.high for one in hours),
    )


def _said(acts: list[Counted], year: int) -> str:
    said = "; ".join(f"{one.count} × {one.assumed.title}" for one in acts)
    return f"Counted in the log of {year}: {said}. Time for each is assumed: {assumptions()[2]}."
