"""Works in words: states, parties, what is closed, what is done, who may still pass."""

from collections.abc import Mapping
from dataclasses import dataclass

from citycommons.act.roadworks.clash import Clash, Kind
from citycommons.core.works import Effect, Party, WorksState, WorkType
from citycommons.web.language import N_
from citycommons.web.presentation import Says


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as a sign with a word; `tone` is a class of `.tag`."""

    sign: str
    word: str
    tone: str = ""


STATES = {
    WorksState.PROPOSED: Mark("○", N_("proposed")),
    WorksState.COORDINATED: Mark("◐", N_("coordinated")),
    WorksState.PERMITTED: Mark("◕", N_("permitted"), "go"),
    WorksState.ACTIVE: Mark("●", N_("under way"), "warn"),
    WorksState.CLOSED: Mark("✓", N_("over")),
    WorksState.CANCELLED: Mark("✕", N_("cancelled"), "stop"),
}
STATE_MEANS = {
    WorksState.PROPOSED: N_("Seen by its owner and by who coordinates."),
    WorksState.COORDINATED: N_("Weighed against all others; seen by all owners."),
    WorksState.PERMITTED: N_("Allowed by the municipality; seen by everyone."),
    WorksState.ACTIVE: N_("People are at work."),
    WorksState.CLOSED: N_("The street is free again."),
    WorksState.CANCELLED: N_("It will not be."),
}
PARTIES = {
    Party.MUNICIPALITY: N_("municipality"),
    Party.UTILITY: N_("utility"),
    Party.ROAD_BUILDER: N_("road builder"),
    Party.CONTRACTOR: N_("contractor"),
}
EFFECTS = {
    Effect.CLOSED: N_("closed to cars"),
    Effect.LANES: N_("fewer lanes"),
    Effect.SPEED: N_("slower"),
    Effect.ONE_WAY: N_("one way"),
    Effect.TURN_BAN: N_("no turning"),
    Effect.NEW_LINK: N_("temporary road"),
    Effect.PARKING: N_("no parking"),
}
TYPES = {
    WorkType.BELOW_ROAD: N_("digging: pipes, cables, rails"),
    WorkType.SURFACE: N_("new surface"),
    WorkType.MAINTENANCE: N_("upkeep"),
    WorkType.MINOR_REPAIR: N_("small repair"),
    WorkType.ROADSIDE: N_("beside the road"),
    WorkType.OVERHEAD: N_("above the road"),
    WorkType.BARRIER: N_("barriers"),
    WorkType.PAINTING: N_("markings"),
    WorkType.RELOCATION: N_("road moved"),
    WorkType.CREATION: N_("new road"),
}
OPEN_TO = {
    "foot": N_("people on foot"),
    "bicycle": N_("bicycles"),
    "bus": N_("buses"),
    "emergency": N_("fire brigade and ambulance"),
    "residents": N_("residents"),
}
STEPS = {  # (before, after) → what the button says
    (WorksState.PROPOSED, WorksState.COORDINATED): N_("It is coordinated"),
    (WorksState.COORDINATED, WorksState.PERMITTED): N_("Permit it"),
    (WorksState.PERMITTED, WorksState.ACTIVE): N_("It has begun"),
    (WorksState.ACTIVE, WorksState.CLOSED): N_("It is over"),
    (WorksState.COORDINATED, WorksState.PROPOSED): N_("Send it back"),
    (WorksState.PERMITTED, WorksState.COORDINATED): N_("Take the permit back"),
    (WorksState.ACTIVE, WorksState.PERMITTED): N_("It has not begun after all"),
    (WorksState.CLOSED, WorksState.ACTIVE): N_("It is not over after all"),
    (WorksState.CANCELLED, WorksState.PROPOSED): N_("Propose it again"),
}
CANCEL = N_("Cancel it")
FIELDS = {
    "title": N_("Title"),
    "description": N_("Description"),
    "streets": N_("Streets"),
    "party": N_("Kind of owner"),
    "owner": N_("Owner"),
    "contractor": N_("Contractor"),
    "contact": N_("Contact"),
    "phases": N_("Days and places"),
    "stays_open_to": N_("Stays open to"),
    "detour": N_("Detour"),
    "detour_words": N_("Detour in words"),
    "types": N_("What is done"),
    "is_place_exact": N_("Exact place"),
    "source": N_("Source"),
    "source_id": N_("Number at the source"),
    "state": N_("State"),
}
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def step_words(before: WorksState, after: WorksState) -> str:
    """What the button of a step says."""
    return CANCEL if after is WorksState.CANCELLED else STEPS[before, after]


def why(clash: Clash, says: Says, names: Mapping[str, str], title: str) -> str:
    """Why works clash, as `clash.sentence` says it, in the page's language and with its dates."""
    first, last = says.date(clash.first_day, "medium"), says.date(clash.last_day, "medium")
    sentence = _CLASHES[clash.kind]
    if clash.kind is Kind.OVERLAP and round(clash.metres) == 0:
        sentence = N_(
            "“{title}” of {owner} and “{name}” of {other_owner} lie in the same place and get in "
            "each other's way from {first} to {last}."
        )
    return says._(sentence).format(
        title=title,
        owner=names.get(clash.owner, clash.owner),
        name=clash.other_name,
        other_owner=names.get(clash.other_owner, clash.other_owner) if clash.other_owner else "",
        metres=says.number(round(clash.metres)),
        first=first,
        last=last,
    )


_CLASHES = {
    Kind.OVERLAP: N_(
        "“{title}” of {owner} and “{name}” of {other_owner} are {metres} m apart and get in each "
        "other's way from {first} to {last}."
    ),
    Kind.DETOUR: N_(
        "The detour of “{title}” of {owner} runs through “{name}” of {other_owner} from {first} "
        "to {last}."
    ),
    Kind.MORATORIUM: N_(
        "“{title}” of {owner} would dig up from {first} on the new surface that “{name}” of "
        "{other_owner} made."
    ),
    Kind.EVENT: N_("“{title}” of {owner} is in the way of “{name}” from {first} to {last}."),
    Kind.SCHOOL: N_("“{title}” of {owner} closes the street at {name} while there is school."),
}
