"""What it means that works clash: who with whom, why, and what would help, in one sentence each."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from citycommons.core.types import PublisherId
from citycommons.core.works import WorksId


class Kind(StrEnum):
    """Why works clash."""

    OVERLAP = "overlap"  # two sites too near in space and time
    DETOUR = "detour"  # the first's detour runs through the second
    MORATORIUM = "moratorium"  # the first digs up the surface that the second made
    EVENT = "event"
    SCHOOL = "school"  # a street before a school is closed in term


OF_WORKS = (Kind.OVERLAP, Kind.DETOUR, Kind.MORATORIUM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Dates of one works at which it clashes with nothing; all its phases move by `shift` days."""

    works: WorksId
    owner: PublisherId
    shift: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two works, or works and an occasion, that do not go together."""

    kind: Kind
    works: WorksId
    owner: PublisherId
    other: WorksId | None  # None for an event or a school
    other_owner: PublisherId | None
    other_name: str  # what it is called: the other's title, the event, the school
    first_day: date  # of the days on which they are in each other's way
    last_day: date
    metres: float  # between them, at the nearest
    proposals: tuple[Proposal, ...] = ()

    @property
    def key(self) -> str:
        """Names this clash as long as both sides exist."""
        return f"{self.kind}:{self.works}:{self.other or self.other_name}"

    @property
    def owners(self) -> frozenset[PublisherId]:
        return frozenset(one for one in (self.owner, self.other_owner) if one)


def sentence(clash: Clash, owner: str, other_owner: str, title: str) -> str:
    """Why the works `title` clash, naming both owners as people call them."""
    first, last, metres = clash.first_day, clash.last_day, round(clash.metres)
    name = clash.other_name
    if clash.kind is Kind.OVERLAP and not metres:
        return (
            f"“{title}” of {owner} and “{name}” of {other_owner} lie in the same place and get in "
            f"each other's way from {first} to {last}."
        )
    if clash.kind is Kind.OVERLAP:
        return (
            f"“{title}” of {owner} and “{name}” of {other_owner} are {metres} m apart and get in "
            f"each other's way from {first} to {last}."
        )
    if clash.kind is Kind.DETOUR:
        return (
            f"The detour of “{title}” of {owner} runs through “{name}” of {other_owner} "
            f"from {first} to {last}."
        )
    if clash.kind is Kind.MORATORIUM:
        return (
            f"“{title}” of {owner} would dig up from {first} on the new surface that “{name}” of "
            f"{other_owner} made."
        )
    if clash.kind is Kind.EVENT:
        return f"“{title}” of {owner} is in the way of “{name}” from {first} to {last}."
    return f"“{title}” of {owner} closes the street at {name} while there is school."


def proposal_sentence(proposal: Proposal, owner: str, title: str) -> str:
    """Which dates would do for one side."""
    return (
        f"{owner} could do “{title}” from {proposal.first_day} to {proposal.last_day}: "
        f"then it clashes with nothing."
    )
