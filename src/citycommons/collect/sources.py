"""Sources: saved, listed, paused, set off and taken away by those who publish for their publisher.

Each change asks `govern` and is written down. Secrets are never stored: an option that is one holds
`{"secret": "NAME"}`, and the value stands in `secrets.toml` or in the environment.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from citycommons.collect import schedule
from citycommons.collect.arrivals import inside
from citycommons.collect.connect import (
    SECRETS,
    brings,
    connect,
    options_of,
    publishers_of_secret,
    reads_folders,
    roots_of,
    secrets_in,
)
from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.ids import checked_id
from citycommons.core.settings import Settings
from citycommons.core.types import Brings, Health, Mode, Run, Source, SourceId
from citycommons.govern import audit, licenses
from citycommons.govern.access import Action, allows, publishers_for, require
from citycommons.store import catalogue, notes, records
from citycommons.store import sources as rows
from citycommons.store.sources import State
from citycommons.store.work import Work

DEAD_AFTER = 10  # failures in a row
DEAD_FOR = timedelta(days=7)  # of nothing but failures
_SECRET_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|password|api.?key", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A source and how it does."""

    source: Source
    health: Health
    next_run: datetime | None = None  # None: only when somebody says so
    last: Run | None = None  # the last run that ended
    running: Run | None = None  # the run that is under way
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    records: int = 0  # of a catalogue: how many the origin has
    gone: int = 0  # how many it no longer has
    message: str = ""  # what the last run says
    can_confirm: bool = (
        False  # held, and a person may say that it is right: `run_now(confirm=True)`
    )


def save(work: Work, source: Source) -> Source:
    """Add the source, or change what is known of it; what it brought stays.

    A new source with an interval runs at once. Raises `Forbidden` unless the actor may publish for
    the publisher (of the old source and the new), and `Invalid` that names the option.
    """
    checked_id(source.id, "source")
    before = rows.get(work.db, source.id)
    is_there = before is not None and before.removed is None
    if before is not None:
        require(work, Action.PUBLISH, before.source.publisher)
    require(work, Action.PUBLISH, source.publisher)
    catalogue.publisher(work.db, source.publisher)
    if not source.title.strip():
        raise Invalid("A source needs a title.", column="title")
    licenses.license(source.license)
    schedule.check(source.every, source.offset)
    check_options(source.connector, source.options, work.lake.root.parent)
    require_secrets(work, source)
    is_trusted = may_read_all_folders(work, source)
    _check_folders(source, work.lake.root.parent, is_trusted=is_trusted)
    _check_dataset(work, source)
    created = before.source.created if before and is_there else work.now
    source = replace(source, title=source.title.strip(), created=created, modified=work.now)
    rows.save(work.db, source, _next_after_save(work, source, before if is_there else None))
    _trust(work, source, is_trusted=is_trusted)
    audit.record(work, "save-source", source.id, is_new=not is_there, connector=source.connector)
    return source


def get(work: Work, id: SourceId) -> Overview:
    """The source and how it does; `NotFound` if there is none, `Forbidden` for others' sources."""
    return _overviews(work, [_state(work, id)])[0]


def find(work: Work) -> tuple[Overview, ...]:
    """The sources of all publishers the actor may publish for, by id."""
    publishers = publishers_for(work.actor, Action.PUBLISH)
    return tuple(_overviews(work, rows.every(work.db, publishers)))


def runs(work: Work, id: SourceId, offset: int = 0, limit: int = 50) -> list[Run]:
    """The log of a source, newest first."""
    _state(work, id)
    return rows.runs(work.db, id, offset=offset, limit=limit)


def pause(work: Work, id: SourceId) -> Overview:
    """Let the source rest until somebody resumes it; a run that is under way stops."""
    state = _state(work, id)
    if state.source.is_paused:
        raise Conflict(f"“{id}” is paused already.")
    _stop(work, state, f"Paused by {work.actor.name} while it ran.")
    rows.save(work.db, replace(state.source, is_paused=True, modified=work.now), None)
    audit.record(work, "pause-source", id)
    return get(work, id)


def resume(work: Work, id: SourceId) -> Overview:
    """Let a paused source run again: at once where it has an interval."""
    state = _state(work, id)
    if not state.source.is_paused:
        raise Conflict(f"“{id}” is not paused.")
    source = replace(state.source, is_paused=False, modified=work.now)
    rows.save(work.db, source, work.now if source.every else None)
    audit.record(work, "resume-source", id)
    return get(work, id)


def run_now(work: Work, id: SourceId, *, confirm: bool = False) -> Overview:
    """Make the source due now; a worker takes it within seconds.

    `confirm` says that a person looked at why the last run was held, and that it is right: a
    catalogue that lost most of its records, or all of them. It holds for one run.
    """
    state = _state(work, id)
    if state.source.is_paused:
        raise Conflict(f"“{id}” is paused. Resume it first.")
    if confirm:
        confirm_next(work, id)
    rows.set_next(work.db, id, work.now)
    audit.record(work, "run-source", id, is_confirmed=confirm)
    return get(work, id)


def remove(work: Work, id: SourceId) -> None:
    """Take the source away; what it brought stays, and so does its log."""
    state = _state(work, id)
    _stop(work, state, f"Removed by {work.actor.name} while it ran.")
    rows.remove(work.db, id, work.now)
    _trust(work, state.source, is_trusted=False)
    audit.record(work, "remove-source", id)


def confirm_next(work: Work, id: SourceId) -> None:
    """Write down that the next run may remove most of what there is."""
    _state(work, id)
    notes.write(work.db, _confirmed(id), {"by": work.actor.id, "time": work.now.isoformat()})


def is_confirmed(work: Work, id: SourceId) -> bool:
    """Whether a person has said that the next run may remove most of what there is."""
    return notes.read(work.db, _confirmed(id)) is not None


def forget_confirmation(work: Work, id: SourceId) -> None:
    """A confirmation holds for one run."""
    notes.write(work.db, _confirmed(id), None)


def check_options(connector: str, options: Mapping[str, Any], home: Path) -> None:
    """Check the options without asking anybody: a connector is built, and not used.

    Raises `Invalid` that names the option which is unknown, missing or of a wrong type, or a secret
    that stands there in the open.
    """
    known = {one.name: one for one in options_of(connector)}
    for name, value in options.items():
        is_secret = name in known and known[name].is_secret
        if not is_secret and isinstance(value, Mapping) and set(value) == {"secret"}:
            # Addresses and names are shown, logged and sent in the open.
            raise Invalid(
                f"Option “{name}” of {connector} is none for a secret. Write its value here.",
                column=name,
            )
        _check_closed(connector, name, value, is_secret=is_secret)
    covered = {name: _covered(value) for name, value in options.items()}
    connect(connector, covered, Settings.model_construct(home=home))


def require_secrets(work: Work, source: Source) -> None:
    """Go on if the actor may send the secrets of this source where it says.

    Whoever sets the address of a source can have its secrets sent there. So an administrator does
    it, or who publishes for a publisher that `secrets.toml` names beside the secret. What is
    saved with just these options already may be saved again. Raises `Forbidden`.
    """
    if not (named := secrets_in(source.options)) or allows(work.actor, Action.MANAGE_CITY):
        return
    before = rows.get(work.db, source.id) if source.id else None
    if before is not None and _reach(before.source) == _reach(source):
        return
    home = work.lake.root.parent
    for name in sorted(named):
        if source.publisher not in publishers_of_secret(name, home):
            raise Forbidden(
                f"The secret “{name}” may be used by administrators only. Ask one to save this "
                f"source, or to name {source.publisher} beside the secret in {SECRETS}."
            )


def may_read_all_folders(work: Work, source: Source) -> bool:
    """Whether a source may read folders besides its publisher's own in `inbox`.

    So it may when who saves it answers for the whole city, or when it was saved by such a person
    with just these options.
    """
    if not reads_folders(source.connector):
        return False
    return allows(work.actor, Action.MANAGE_PUBLISHER) or is_trusted(work, source)


def is_trusted(work: Work, source: Source) -> bool:
    """Whether somebody who answers for the whole city saved the source as it is."""
    note = notes.read(work.db, _trusted(source.id)) if source.id else None
    return note is not None and note.get("reach") == _digest_of_reach(source)


def _trust(work: Work, source: Source, *, is_trusted: bool) -> None:
    body = {
        "by": work.actor.id,
        "time": work.now.isoformat(),
        "reach": _digest_of_reach(source),
    }
    notes.write(work.db, _trusted(source.id), body if is_trusted else None)


def _trusted(id: SourceId) -> str:
    return f"source:{id}:folders"


def _digest_of_reach(source: Source) -> str:
    said = orjson.dumps(_reach(source), default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(said).hexdigest()


def _check_folders(source: Source, home: Path, *, is_trusted: bool) -> None:
    """A folder of others is refused when the source is saved, not only when it runs."""
    if is_trusted or not reads_folders(source.connector):
        return
    roots = roots_of(Settings.model_construct(home=home), source.publisher, is_trusted=False)
    for one in options_of(source.connector):
        value = source.options.get(one.name)
        if not isinstance(value, str):
            continue
        file = value.removeprefix("sqlite:///") if value.startswith("sqlite:///") else ""
        if one.type == "Path":
            inside(Path(value), roots)
        elif Path(file).is_absolute():
            inside(Path(file), roots)


def _reach(source: Source) -> tuple[Any, ...]:
    """What decides where a source goes, and in whose name."""
    return source.connector, source.publisher, dict(source.options)


def health_of(state: State, last: Run | None, now: datetime) -> Health:
    """How a source does, from where it stands and how its last run ended."""
    if state.is_running(now):
        return Health.RUNNING
    if state.source.is_paused:
        return Health.PAUSED
    if state.failures:
        is_long = state.failing_since is not None and now - state.failing_since >= DEAD_FOR
        return Health.DEAD if state.failures >= DEAD_AFTER or is_long else Health.FAILING
    if last is None:
        return Health.NEW
    return Health.HELD if last.outcome == "held" else Health.GOOD


def _state(work: Work, id: SourceId) -> State:
    state = rows.get(work.db, id)
    if state is None or state.removed is not None:
        raise NotFound(f"There is no source “{id}”. List them all.", source=id)
    require(work, Action.PUBLISH, state.source.publisher)
    return state


def _overviews(work: Work, states: Sequence[State]) -> list[Overview]:
    ids = [state.source.id for state in states]
    last = rows.last_runs(work.db, ids)
    counted = records.counts(work.db, ids)
    return [
        _overview(work, state, last.get(id), counted) for id, state in zip(ids, states, strict=True)
    ]


def _overview(
    work: Work, state: State, last: Run | None, counted: Mapping[SourceId, tuple[int, int]]
) -> Overview:
    source = state.source
    there, gone = counted.get(source.id, (0, 0))
    is_running = state.is_running(work.now) and state.run is not None
    return Overview(
        source=source,
        health=health_of(state, last, work.now),
        next_run=state.next_run,
        last=last,
        running=rows.find_run(work.db, state.run) if is_running and state.run else None,
        failures=state.failures,
        failing_since=state.failing_since,
        records=there,
        gone=gone,
        message=last.message if last else "",
        can_confirm=bool(last and last.outcome == "held" and last.counts.get("missing")),
    )


def _next_after_save(work: Work, source: Source, before: State | None) -> datetime | None:
    if source.is_paused or not source.every:
        return None
    is_as_before = before is not None and (before.source.every, before.source.offset) == (
        source.every,
        source.offset,
    )
    return before.next_run if before and is_as_before and before.next_run else work.now


def _stop(work: Work, state: State, message: str) -> None:
    """Take a run away from whoever carries it out: its next write finds the lease gone."""
    run = None if state.run is None else rows.find_run(work.db, state.run)
    if run is None:
        return
    ended = replace(run, ended=work.now, outcome="failed", message=message)
    rows.end(
        work.db,
        ended,
        next_run=None,
        failures=state.failures,
        failing_since=state.failing_since,
    )


def _check_dataset(work: Work, source: Source) -> None:
    """A table has to become the next version of something the publisher answers for."""
    if brings(source.connector) is Brings.RECORDS:
        if source.dataset:
            raise Invalid(
                f"The connector {source.connector} brings a catalogue: its records become entries "
                "of their own. Leave the dataset out.",
                column="dataset",
            )
        if source.prefix:
            checked_id(source.prefix.rstrip("-"), "prefix")
        return
    if not source.dataset:
        raise Invalid("Which dataset do the files belong to? Name it.", column="dataset")
    checked_id(source.dataset)
    there = catalogue.find_dataset(work.db, source.dataset)
    if there is not None and there.publisher != source.publisher:
        raise Invalid(
            f"“{there.id}” is a dataset of {there.publisher}, not of {source.publisher}. Choose "
            "another dataset, or that publisher.",
            column="dataset",
        )
    if there is not None and source.mode is Mode.UPSERT and not there.key:
        raise Invalid(
            f"“{there.id}” has no key. Say which columns identify a row, so that rows can be "
            "replaced.",
            column="mode",
        )


def _check_closed(connector: str, name: str, value: Any, *, is_secret: bool) -> None:
    """No password may stand in an option: not as its value, in an address, or in a header."""
    if isinstance(value, Mapping):
        if set(value) == {"secret"}:
            if not _SECRET_NAME.fullmatch(str(value["secret"])):
                raise Invalid("A secret's name has letters, digits and _ only.", column=name)
            return
        for key, one in value.items():
            hides = bool(_SECRET_HEADER.search(str(key)))
            _check_closed(connector, name, one, is_secret=hides)
        return
    if (is_secret and value) or (isinstance(value, str) and _IN_ADDRESS.search(value)):
        raise Invalid(
            f"Option “{name}” of {connector} holds a password, and options can be read by others. "
            f'Write it into secrets.toml under a name, and give {{"secret": "NAME"}} here.',
            column=name,
        )


def _covered(value: Any) -> Any:
    """The option with its secrets left out: what they are is asked when the source runs."""
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"secret"}:
        return "0"
    return {key: _covered(one) for key, one in value.items()}


def _confirmed(id: SourceId) -> str:
    return f"source:{id}:confirmed"
