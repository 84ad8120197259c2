"""The page of works: what, where, when, what stays open, how long it takes, who answers."""

from collections.abc import Mapping
from math import cos, radians
from typing import Any
from urllib.parse import urlencode

from citycommons.act.roadworks import publication, register, rights
from citycommons.act.roadworks import wrong as evaluated
from citycommons.act.roadworks.feeds import KINDS
from citycommons.act.roadworks.types import Forecast
from citycommons.core.works import Works, WorksId
from citycommons.share.works import cifs
from citycommons.store.work import Work
from citycommons.store.works import Revision
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.roadworks import map, words, wrong
from citycommons.web.roadworks.feeds import WHOM
from citycommons.web.view import View

_MOST_REVISIONS = 30
_AROUND = 0.0045  # degrees of latitude, some 500 m


def page(work: Work, view: View, id: WorksId) -> str:
    """Works for everyone; their owner also sees what keeps them from Waze."""
    one = register.get(work, id)
    said = speaker(view)
    forecast = publication.forecast_of(work, one)
    edition = publication.edition(
        work,
        [one],
        view.settings,
        url=view.absolute(""),
        language=view.language,
        words=words.delay_texts,
    )
    is_insider = rights.is_insider(work.actor, one)
    as_of = said.time(one.updated, "short", view.settings.timezone)
    values: dict[str, Any] = {
        "one": one,
        "title": said.text(one.title),
        "tongue": said.tongue(one.title),
        "description": said.text(one.description),
        "description_tongue": said.tongue(one.description),
        "status": words.status(one, work.now.date(), said),
        "state": said._(words.STATES[one.state]),
        "phases": [_phase(one, number, said) for number in range(len(one.phases))],
        "stays_open": words.stays_open(one, said),
        "detour": said.text(one.detour_words),
        "detour_tongue": said.tongue(one.detour_words),
        "map": map.figure(work, view, one, as_of),
        "delay": _delay(edition.delays.get(one.id), forecast, view, said),
        "measured": _measured(work, one, said),
        "owner": edition.owner(one),
        "party": said._(words.PARTIES[one.party]),
        "as_of": as_of,
        "history": _history(work, one, said, view.settings.timezone, is_insider=is_insider),
        "feeds": _feeds(one) if one.state in publication.PUBLISHED else [],
        "license": edition.license,
        "follow": _follow(one),
        "waze": _waze(one, edition) if is_insider else [],
        "is_insider": is_insider,
    }
    return render(view, "roadworks/works.html", w=values)


def _phase(one: Works, number: int, said: Says) -> dict[str, Any]:
    phase = one.phases[number]
    return {
        "name": phase.name,
        "days": words.days(phase, said),
        "hours": words.hours(phase, said),
        "is_certain": phase.is_certain,
        "measures": list(dict.fromkeys(words.measure(m, said) for m in phase.measures)),
    }


def _delay(delay: Any, forecast: Forecast | None, view: View, said: Says) -> dict[str, Any] | None:
    if delay is None or forecast is None:
        return None
    hour = publication.worst_hour(forecast)
    return {
        "words": words.delay(delay, said),
        "hour": said.hour(hour.hour) if hour else "",
        "made": said.time(forecast.created, "short", view.settings.timezone),
        "model": forecast.model,
        "runs": forecast.runs,
        "bus_lines": forecast.bus_lines,
    }


def _measured(work: Work, one: Works, said: Says) -> dict[str, Any] | None:
    """What the counters said afterwards, beside the forecast."""
    found = evaluated.of_works(work, one.id)
    return None if found is None else wrong.row(found, said)


def _history(
    work: Work, one: Works, said: Says, zone: str, *, is_insider: bool
) -> list[dict[str, Any]]:
    """What changed when, newest first; reasons are for those who work on it."""
    revisions = register.history(work, one.id)
    older: list[Revision | None] = [*revisions[1:], None]
    return [
        {
            "number": new.works.revision,
            "at": said.time(new.at, "short", zone),
            "what": _what(new, old, said),
            "why": new.why if is_insider else "",
        }
        for new, old in zip(revisions[:_MOST_REVISIONS], older, strict=False)
    ]


def _what(new: Revision, old: Revision | None, said: Says) -> str:
    if old is None:
        return said._(words.STATES[new.works.state])
    found = []
    if new.works.state is not old.works.state:
        found.append(said._(words.STATES[new.works.state]))
    fields = [one.field for one in register.differences(old.works, new.works)]
    if changed := words.changed(fields, said):
        found.append(said._(N_("changed: {what}")).format(what=changed))
    return "; ".join(found) or said._(N_("saved again"))


def _follow(one: Works) -> str:
    """Where one asks to be told of this street, or of what lies some 500 metres around."""
    street = one.streets[0] if one.streets else ""
    west, south, east, north = one.bounds
    high, wide = _AROUND, _AROUND / max(0.1, cos(radians((south + north) / 2)))
    box = (west - wide, south - high, east + wide, north + high)
    area = ",".join(f"{value:.5f}" for value in box)
    return "/roadworks/follow?" + urlencode({"street": street, "area": area})


def _feeds(one: Works) -> list[dict[str, str]]:
    return [feed(name, {"works": one.id}) for name in KINDS]


def feed(name: str, chosen: Mapping[str, str]) -> dict[str, str]:
    """A feed by its name: its address with what is chosen, its title, whom it is for."""
    query = urlencode({key: value for key, value in chosen.items() if value})
    kind = KINDS[name]
    href = f"/roadworks/feeds/{name}" + (f"?{query}" if query else "")
    return {"href": href, "title": kind.title, "whom": WHOM[name], "media": kind.media}


def _waze(one: Works, edition: Any) -> list[dict[str, str]]:
    return [
        {"where": violation.where, "message": violation.message}
        for violation in cifs.check(one, edition)
        if violation.rule != "state"  # known from the page; what else is wrong is worth knowing now
    ]
