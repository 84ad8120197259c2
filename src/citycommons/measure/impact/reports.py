"""The report of a quarter: files that never change, and dated revisions where counts did.

`reports/2026-Q3.json` in the city's folder is the statement with its digest; PDF, HTML and CSV lie
beside it, and `2026-Q3-public.*` for everybody. The JSON comes last: a maker that was killed has
made nothing, and the next one begins again. Counts that were replaced later make `2026-Q3-r2.*`.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from citycommons.core.errors import Conflict, Invalid, NotFound, Unavailable
from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM
from citycommons.measure.impact.export import figures_csv
from citycommons.measure.impact.figures import Rule
from citycommons.measure.impact.markup import document
from citycommons.measure.impact.pdf import pdf
from citycommons.measure.impact.period import Period, parse, quarter_of
from citycommons.measure.impact.scope import Audience, Scope
from citycommons.measure.impact.sheet import sheet
from citycommons.measure.impact.statement import Statement, body, canonical, digest, statement
from citycommons.store import usage_sums
from citycommons.store.work import City

FOLDER = "reports"
SETTLED = timedelta(days=5)  # after the quarter: its last hits are counted, portals have reported
LOOKED_BACK = 4  # quarters whose counts are compared again
KINDS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "html": "text/html",
    "csv": "text/csv",
    "json": "application/json",
}
_NAME = re.compile(
    r"(?P<period>\d{4}-Q[1-4])(?:-r(?P<revision>[1-9]\d{0,3}))?(?P<public>-public)?"
    r"\.(?P<kind>pdf|html|csv|json)"
)
_COUNTED = frozenset({Rule.COUNTER, Rule.COPIES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report as it was told: a quarter, and which telling of it."""

    period: Period
    revision: int  # 1 is the first
    made: str  # day, ISO 8601
    digest: str
    is_public: bool

    @property
    def stem(self) -> str:
        """The name of its files without the last part."""
        return stem(self.period, self.revision, is_public=self.is_public)


def stem(period: Period, revision: int, *, is_public: bool) -> str:
    again = f"-r{revision}" if revision > 1 else ""
    return f"{period.name}{again}{'-public' if is_public else ''}"


def folder(settings: Settings) -> Path:
    """Where reports lie."""
    return settings.home / FOLDER


def written(one: Statement, language: str, kind: str, *, made: date, base: str) -> bytes:
    """The statement as a file of this kind; `base` is the portal that its links lead to."""
    if kind == "json":
        found = {"made": made.isoformat(), "digest": digest(one), "statement": body(one)}
        return canonical(found) + b"\n"
    if kind == "csv":
        return figures_csv(one, language)
    root = "/value" if one.scope.audience is Audience.PUBLIC else "/council"
    shown = sheet(one, language, root=root)
    return document(shown, base).encode() if kind == "html" else pdf(shown, one)


def listed(settings: Settings, *, is_public: bool) -> tuple[Report, ...]:
    """Reports there are, the latest quarter and telling first."""
    found = []
    for path in folder(settings).glob("*.json"):
        name = _NAME.fullmatch(path.name)
        if name and bool(name["public"]) == is_public and (kept := _kept(path)):
            found.append(
                Report(
                    period=parse(name["period"]),
                    revision=int(name["revision"] or 1),
                    made=str(kept["made"]),
                    digest=str(kept["digest"]),
                    is_public=is_public,
                )
            )
    return tuple(sorted(found, key=lambda one: (one.period, one.revision), reverse=True))


def read(settings: Settings, name: str, *, is_public: bool) -> tuple[bytes, str]:
    """A report's file and its media type. Raises `NotFound` for what is none of these."""
    found = _NAME.fullmatch(name)
    if found is None or bool(found["public"]) != is_public:
        raise NotFound(f"There is no report “{name[:60]}”. See the list.")
    try:
        return (folder(settings) / name).read_bytes(), KINDS[found["kind"]]
    except FileNotFoundError as cause:
        raise NotFound(f"There is no report “{name[:60]}”. See the list.") from cause


def make_due(city: City) -> tuple[Report, ...]:
    """Make the report of the quarter that is over, and revisions of those whose counts changed.

    Answers what is new; made once, however often and by however many it is called.
    """
    today = city.clock().date()
    last = quarter_of(today - SETTLED).before
    with city.work(SYSTEM, may_write=False) as work:
        first = usage_sums.first_day(work.db)
    if first is None or first > last.last_day:
        return ()
    with _alone(folder(city.settings)) as is_mine:
        return tuple(_made(city, last)) if is_mine else ()


def make(city: City, period: Period) -> Report:
    """The report of a quarter that is over, made if it is not there yet.

    Raises `Invalid` for a year or a quarter that is not over, `Conflict` while somebody else makes
    one.
    """
    if not period.quarter or city.clock().date() <= period.last_day:
        raise Invalid(
            f"{period.name} is no quarter that is over, so there is no report to keep. To see how "
            "it stands, write it elsewhere with -o DIR."
        )
    with _alone(folder(city.settings)) as is_mine:
        if not is_mine:
            raise Conflict("Reports are being made by somebody else at this moment. Try again.")
        kept = _latest(city.settings, period)
        return kept or _write(city, period, 1)


def _made(city: City, last: Period) -> Iterator[Report]:
    if _latest(city.settings, last) is None:
        yield _write(city, last, 1)
    for _ in range(LOOKED_BACK):
        kept = _latest(city.settings, last)
        if kept is not None and _is_corrected(city, kept):
            yield _write(city, last, kept.revision + 1)
        last = last.before


def _latest(settings: Settings, period: Period) -> Report | None:
    found = (one for one in listed(settings, is_public=False) if one.period == period)
    return next(found, None)


def _is_corrected(city: City, kept: Report) -> bool:
    """Whether counts of the quarter are others now: what is told in words may change freely."""
    now = _stated(city, kept.period, Audience.COUNCIL)
    return _counts(body(now)) != _counts(statement_of(city.settings, kept))


def _counts(statement: Mapping[str, Any]) -> dict[str, float | None]:
    return {one["id"]: one["value"] for one in statement["figures"] if one["rule"] in _COUNTED}


def statement_of(settings: Settings, kept: Report) -> Mapping[str, Any]:
    """The statement that a report holds."""
    found = _kept(folder(settings) / f"{kept.stem}.json")
    if found is None:
        raise NotFound(f"The report {kept.stem} is not there any more. Restore it from a backup.")
    told: Mapping[str, Any] = found["statement"]
    return told


def _stated(city: City, period: Period, audience: Audience) -> Statement:
    with city.work(SYSTEM, may_write=False) as work:
        return statement(work, Scope(period=period, audience=audience), city.settings)


def _write(city: City, period: Period, revision: int) -> Report:
    made, language = city.clock().date(), city.settings.language
    for audience in (Audience.PUBLIC, Audience.COUNCIL):  # the council's comes last: it is the mark
        one = _stated(city, period, audience)
        name = stem(period, revision, is_public=audience is Audience.PUBLIC)
        for kind in KINDS:  # the JSON last
            target = folder(city.settings) / f"{name}.{kind}"
            base = city.settings.url
            keep_file(target, written(one, language, kind, made=made, base=base))
    return Report(
        period=period, revision=revision, made=made.isoformat(), digest=digest(one), is_public=False
    )


def keep_file(target: Path, content: bytes) -> None:
    """Write aside, to the disk, and rename: whoever finds the file finds all of it.

    Raises `Unavailable` when it cannot be written; then nothing is left.
    """
    half = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        half.replace(target)
    except OSError as cause:
        half.unlink(missing_ok=True)
        raise Unavailable(f"{target} cannot be written: {cause.strerror or cause}.") from cause


def _kept(path: Path) -> Mapping[str, Any] | None:
    """A report's JSON; None for one that cannot be read as such."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    is_one = isinstance(found, dict) and {"made", "digest", "statement"} <= found.keys()
    return found if is_one else None


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """Whether nobody else makes reports now; the system frees the lock of who was killed."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with (place / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
    except PermissionError as cause:
        raise Unavailable(f"{place} cannot be written: {cause.strerror}.") from cause
