"""Stories: what changed in the city, told with its data, what was made of them, and its goals.

Written by staff, in as many of the four languages as they have; a draft until somebody makes it
public; each saved state stays, can be compared with the one before, and brought back.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from citycommons.core.errors import Conflict, Forbidden, Invalid, NotFound
from citycommons.core.ids import slug
from citycommons.core.reuses import ReuseId, Story, StoryId
from citycommons.core.types import LANGUAGES, DatasetId, Text
from citycommons.engage import markdown, reuses, typed
from citycommons.govern import audit
from citycommons.govern.access import Action, allows_anywhere
from citycommons.share import catalogue
from citycommons.store import stories as rows
from citycommons.store.stories import Revision
from citycommons.store.work import Work

MOST = 100  # on one page
LONGEST_TITLE, LONGEST_LEAD = 150, 600
_MOST_LINKED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A story as typed; languages without a text are left out."""

    title: Mapping[str, str]
    lead: Mapping[str, str]
    body: Mapping[str, str]  # Markdown
    datasets: tuple[str, ...] = ()
    reuses: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    day: date | None = None  # None: today


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of stories."""

    total: int
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one text lost and got from one revision to the next; lines as `difflib` gives them."""

    part: str  # "title", "lead", "body", "datasets", …
    language: str
    lines: tuple[tuple[str, str], ...]  # (" ", "-" or "+", text)


def published(work: Work, limit: int = 20, offset: int = 0) -> tuple[Story, ...]:
    """Public stories, newest day first."""
    return tuple(rows.find(work.db, is_public=True, limit=min(limit, MOST), offset=offset))


def find(work: Work, *, with_drafts: bool = False, limit: int = 20, offset: int = 0) -> Found:
    """A page of stories; drafts only for those who write."""
    if with_drafts:
        _require_writer(work)
    is_public = None if with_drafts else True
    found = rows.find(work.db, is_public=is_public, limit=min(limit, MOST), offset=offset)
    return Found(total=rows.count(work.db, is_public=is_public), stories=tuple(found))


def get(work: Work, id: StoryId) -> Story:
    """A public story; those who write see drafts too. Raises `NotFound` for all else."""
    one = rows.get(work.db, id)
    if one is None or not (one.is_public or may_write(work)):
        raise NotFound(f"There is no story “{id[:60]}”. See all at /stories.", story=id)
    return one


def may_write(work: Work) -> bool:
    """Whoever keeps the ledger or describes data of any publisher writes stories."""
    return any(
        allows_anywhere(work.actor, action) for action in (Action.KEEP_LEDGER, Action.DESCRIBE)
    )


def write(work: Work, given: Draft, *, id: StoryId | None = None, revision: int = 0) -> Story:
    """Keep a new story as a draft, or the next revision of one that is there.

    `revision` is the one that was edited: `Conflict` if there is a newer one by now. Raises
    `Invalid` that names the column.
    """
    _require_writer(work)
    read = _read(work, given)
    if id is None:
        one = replace(read, id=_new_id(work, read))
        rows.add(work.db, one, at=work.now, by=work.actor.id)
        audit.record(work, "write-story", one.id)
        return one
    before = get(work, id)
    if before.revision != revision:
        raise Conflict(
            "Somebody else changed this story meanwhile. Open it again in another window, and "
            "bring your changes there.",
            story=id,
        )
    return _save(work, before, replace(read, is_public=before.is_public), "write-story")


def show(work: Work, id: StoryId, *, is_public: bool) -> Story:
    """Make it public, or a draft again."""
    _require_writer(work)
    before = get(work, id)
    if before.is_public == is_public:
        return before
    return _save(
        work,
        before,
        replace(before, is_public=is_public),
        "publish-story" if is_public else "unpublish-story",
    )


def restore(work: Work, id: StoryId, revision: int) -> Story:
    """Bring an older revision back, as the newest; whether it is public stays as it is."""
    _require_writer(work)
    before = get(work, id)
    older = rows.revision(work.db, id, revision)
    if older is None:
        raise NotFound(f"“{id}” has no revision {revision}.", story=id)
    again = replace(older.story, is_public=before.is_public)
    return _save(work, before, again, "restore-story")


def history(work: Work, id: StoryId) -> tuple[Revision, ...]:
    """All saved states, newest first, for those who write."""
    _require_writer(work)
    get(work, id)
    return tuple(rows.history(work.db, id))


def difference(before: Story | None, after: Story) -> tuple[Difference, ...]:
    """What changed from one revision to the next, text by text."""
    found = []
    for part in ("title", "lead", "body"):
        old: Text = getattr(before, part) if before else {}
        new: Text = getattr(after, part)
        for language in LANGUAGES:
            lines = _compared(old.get(language, ""), new.get(language, ""))
            if lines:
                found.append(Difference(part=part, language=language, lines=lines))
    for part in ("datasets", "reuses", "goals", "day", "is_public"):
        lines = _compared(_listed(before, part), _listed(after, part))
        if lines:
            found.append(Difference(part=part, language="", lines=lines))
    return tuple(found)


def _compared(old: str, new: str) -> tuple[tuple[str, str], ...]:
    if old == new:
        return ()
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    return tuple((line[0], line[2:]) for line in lines if line[0] in " -+")


def _listed(one: Story | None, part: str) -> str:
    if one is None:
        return ""
    value = getattr(one, part)
    return "\n".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _save(work: Work, before: Story, after: Story, act: str) -> Story:
    saved = replace(after, id=before.id, revision=before.revision + 1)
    rows.save(work.db, saved, at=work.now, by=work.actor.id)
    audit.record(work, act, saved.id, revision=saved.revision)
    return saved


def _read(work: Work, given: Draft) -> Story:
    title = _texts(given.title, "title", LONGEST_TITLE, is_line=True)
    if not title:
        raise Invalid("Give the story a title in one language at least.", column="title")
    return Story(
        id=StoryId(""),
        title=title,
        lead=_texts(given.lead, "lead", LONGEST_LEAD, is_line=True),
        body=_texts(given.body, "body", markdown.LONGEST, is_line=False),
        datasets=_datasets(work, given.datasets),
        reuses=_reuses(work, given.reuses),
        goals=tuple(typed.line(one, "goals", longest=100) for one in _some(given.goals)),
        day=given.day or work.now.date(),
    )


def _texts(given: Mapping[str, str], column: str, longest: int, *, is_line: bool) -> Text:
    read = typed.line if is_line else typed.lines
    texts = {
        language: read(given.get(language, ""), f"{column}-{language}", longest=longest)
        for language in LANGUAGES
    }
    return {language: text for language, text in texts.items() if text}


def _some(given: Collection[str]) -> list[str]:
    return [one.strip() for one in given if one.strip()][:_MOST_LINKED]


def _datasets(work: Work, given: Collection[str]) -> tuple[DatasetId, ...]:
    named = tuple(dict.fromkeys(DatasetId(one) for one in _some(given)))
    there = {one.dataset.id for one in catalogue.of_ids(work, named)}
    if absent := [one for one in named if one not in there]:
        raise Invalid(f"There is no dataset “{absent[0][:60]}”.", column="datasets")
    return named


def _reuses(work: Work, given: Collection[str]) -> tuple[ReuseId, ...]:
    ids = tuple(dict.fromkeys(ReuseId(one) for one in _some(given)))
    there = {one.id for one in reuses.named(work, ids)} if ids else set()
    if absent := [one for one in ids if one not in there]:
        raise Invalid(f"There is no confirmed reuse “{absent[0][:60]}”.", column="reuses")
    return ids


def _new_id(work: Work, one: Story) -> StoryId:
    text = next(iter(one.title.values()))
    stem = slug(one.title.get("en", text)) or "story"
    # A free number is found in few steps: each title has one story, seldom two.
    for number in range(1, 100):
        id = StoryId(stem if number == 1 else f"{stem}-{number}")
        if rows.get(work.db, id) is None:
            return id
    raise Conflict("A hundred stories have this title. Choose another.", column="title")


def _require_writer(work: Work) -> None:
    if not may_write(work):
        raise Forbidden("Stories are written by the city's staff. Ask an administrator for a role.")
