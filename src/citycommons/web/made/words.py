"""Reuses, requests and badges in words, each with a sign or shape: never told by colour alone."""

from dataclasses import dataclass

from markupsafe import Markup

from citycommons.core.reuses import RequestState, ReuseKind, ReuseState
from citycommons.engage.badges import Badge, Criterion
from citycommons.web.language import N_, translations
from citycommons.web.presentation import Says


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as a sign with a word; `tone` is a class of `.tag`."""

    sign: str
    word: str
    tone: str = ""


KINDS = {
    ReuseKind.APP: N_("App"),
    ReuseKind.ARTICLE: N_("Article"),
    ReuseKind.RESEARCH: N_("Research"),
    ReuseKind.SCHOOL: N_("School project"),
    ReuseKind.VISUALISATION: N_("Visualisation"),
    ReuseKind.SERVICE: N_("Service"),
    ReuseKind.OTHER: N_("Something else"),
}
REUSE_STATES = {
    ReuseState.CLAIMED: Mark("○", N_("waits for a steward")),
    ReuseState.CONFIRMED: Mark("✓", N_("listed"), "go"),
    ReuseState.REFUSED: Mark("✕", N_("not listed"), "stop"),
}
REQUEST_STATES = {
    RequestState.OPEN: Mark("○", N_("open")),
    RequestState.PLANNED: Mark("◐", N_("planned"), "warn"),
    RequestState.PUBLISHED: Mark("✓", N_("published"), "go"),
    RequestState.DECLINED: Mark("✕", N_("declined"), "stop"),
}
CRITERIA = {
    "apps": N_("At least %(number)s confirmed apps or services are made with it."),
    "research": N_("At least %(number)s confirmed articles or pieces of research use it."),
    "schools": N_("At least %(number)s confirmed school projects use it."),
    "elsewhere": N_("At least %(number)s other portals hold a verified copy."),
    "answers": N_("It answers at least %(number)s requests of people."),
    "quality": N_("At least %(number)s of nine checks of quality hold."),
}
_DRAWN = {
    "square": '<path d="M3 3h10v10H3z"/>',
    "triangle": '<path d="M8 2.5 14 13H2z"/>',
    "pentagon": '<path d="M8 2l6 4.6-2.3 7.1H4.3L2 6.6z"/>',
    "rings": '<circle cx="6" cy="8" r="4"/><circle cx="10" cy="8" r="4"/>',
    "bubble": '<path d="M2 3h12v8H8l-4 3v-3H2z"/>',
    "star": '<path d="M8 1.5l1.9 4.3 4.6.4-3.5 3 1.1 4.6L8 11.4l-4.1 2.4L5 9.2l-3.5-3 4.6-.4z"/>',
}


def shape(name: str) -> Markup:
    """The shape of a badge; the words beside it say what it means."""
    return Markup(  # noqa: S704  (drawn above)
        f'<svg class="shape" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">'
        f"{_DRAWN[name]}</svg>"
    )


def badge_words(badge: Badge, says: Says) -> str:
    """Why it has the badge, in a few words."""
    n, shown = badge.count, says.number(badge.count)
    ngettext = translations(says.language).ngettext  # by this name the words are collected
    told = {
        "apps": ngettext("used by one app", "used by %(shown)s apps", n),
        "research": ngettext("in one article", "in %(shown)s articles and studies", n),
        "schools": ngettext("in one school project", "in %(shown)s school projects", n),
        "elsewhere": ngettext("held by one other portal", "held by %(shown)s other portals", n),
        "answers": ngettext("answers a request", "answers %(shown)s requests", n),
        "quality": ngettext("one of nine checks holds", "%(shown)s of nine checks hold", n),
    }
    return told[badge.criterion.measure] % {"shown": shown}


def criterion_words(one: Criterion, says: Says) -> str:
    """From when on a badge is given, as a sentence."""
    return says._(CRITERIA[one.measure]) % {"number": says.number(one.at_least)}
