"""Drafts are begun, found, changed, discarded and brought back; each belongs to one person."""

import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from citycommons.core.errors import Forbidden, Invalid, NotFound, TooMuch, Unavailable
from citycommons.core.ids import checked_id
from citycommons.core.types import (
    Access,
    Actor,
    Category,
    Dataset,
    DatasetId,
    Digest,
    Field,
    Plan,
)
from citycommons.govern import privacy
from citycommons.govern.access import Action, allows, allows_anywhere, require
from citycommons.share.drafts.draft import (
    UPLOAD,
    Draft,
    only_one,
    read_meta,
    write_meta,
)
from citycommons.store import catalogue, plans
from citycommons.store.disk import sync_folder
from citycommons.store.work import City

MOST = 30  # unfinished drafts of one person
_ID = re.compile(r"^[0-9a-f]{32}$")
_CUT_OFF_S = 86_400.0


def root(city: City) -> Path:
    """The folder of all drafts."""
    return city.settings.home / "drafts"


def start(
    city: City,
    actor: Actor,
    chunks: Iterable[bytes],
    *,
    name: str,
    media_type: str = "",
    replaces: DatasetId | None = None,
) -> Draft:
    """Keep an uploaded file as a draft: of a new dataset, or of the next version of one.

    Raises `Forbidden` for who may not publish, `Invalid` for an empty file, `TooMuch` beyond the
    limit of uploads or of unfinished drafts, `Unavailable` on a full disk; then nothing stays.
    """
    dataset, base, remembered = _begin(city, actor, replaces)
    if sum(one.source is None for one in mine(city, actor)) >= MOST:
        raise TooMuch(
            f"You have {MOST} unfinished drafts. Publish or discard some at your desk first."
        )

    def make(folder: Path) -> Draft:
        size, digest = keep_upload(folder / UPLOAD, chunks, city.settings.upload_limit_mb)
        now = city.clock()
        return Draft(
            id=uuid.uuid4().hex,
            owner=actor.id,
            created=now,
            changed=now,
            file_name=plain_name(name),
            media_type=media_type,
            bytes=size,
            digest=digest,
            dataset=dataset,
            replaces=replaces,
            base=base,
            begun=dataset if replaces else None,
            plan=remembered or Plan(),
            remembered=plans.of_dataset(replaces) if replaces and remembered else "",
            is_described=replaces is not None,
            is_licensed=replaces is not None,
        )

    return lay_down(city, make)


def lay_down(city: City, make: Callable[[Path], Draft]) -> Draft:
    """Make a draft in a folder aside, and let it be seen when it is whole.

    Raises `Unavailable` on a full disk; then nothing stays.
    """
    folder = root(city) / f".new-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        draft = make(folder)
        write_meta(folder, draft)
        # Whole from here on: before the rename nobody sees it, and a sweep takes it away.
        os.rename(folder, root(city) / draft.id)
        sync_folder(root(city))
    except OSError as cause:
        raise Unavailable(
            f"The upload could not be kept: {cause.strerror or cause}. Make room, then repeat."
        ) from cause
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return draft


def _begin(
    city: City, actor: Actor, replaces: DatasetId | None
) -> tuple[Dataset, int, Plan | None]:
    with city.work(actor, may_write=False) as work:
        if replaces is not None:
            dataset = catalogue.dataset(work.db, replaces)
            require(work, Action.PUBLISH, dataset)
            every = catalogue.versions(work.db, replaces)
            kept = plans.find(work.db, [plans.of_dataset(replaces)])
            if dataset.rules:  # those of the entry are the ones that hold, whoever wrote them
                kept = replace(kept or Plan(), rules=dataset.rules)
            return dataset, every[0].number if every else 0, kept
        if not allows_anywhere(actor, Action.PUBLISH):
            raise Forbidden(
                "Publishing needs the role data officer or data manager of a publisher. "
                "Ask an administrator."
            )
        able = [p for p in catalogue.publishers(work.db) if allows(actor, Action.PUBLISH, p.id)]
    if not able:
        raise Invalid("There is no publisher yet: an administrator adds the first.")
    blank = Dataset(id=DatasetId(""), title={}, publisher=able[0].id, license="unspecified")
    return blank, 0, None


def keep_upload(path: Path, chunks: Iterable[bytes], limit_mb: int) -> tuple[int, Digest]:
    """Write what is sent, and sync it; its size and digest. `TooMuch` beyond the limit."""
    size, seen = 0, hashlib.sha256()
    with path.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit_mb * 1_000_000:
                raise TooMuch(
                    f"The file is larger than {limit_mb} MB, which is the limit of this portal. "
                    "Compress it (zip, gz), or ask an administrator to raise upload_limit_mb."
                )
            seen.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if not size:
        raise Invalid("The file is empty: nothing to read. Choose another one.", column="file")
    return size, Digest(seen.hexdigest())


def plain_name(name: str) -> str:
    """The last part of a name, without what could be a path or a control character."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(c for c in last if c.isprintable()).strip()
    return plain[-200:] or "upload"


def folder_of(city: City, actor: Actor, id: str) -> Path:
    """The folder of one of the actor's drafts.

    Raises `NotFound` for what is not there, or belongs to somebody else: nobody learns which.
    """
    folder = root(city) / id
    draft = read_meta(folder) if _ID.match(id) else None
    if draft is None or not _is_for(actor, draft) or draft.expires < city.clock():
        raise NotFound(
            "There is no such draft at your desk. Drafts are kept for a week; drop the file again."
        )
    return folder


def get(city: City, actor: Actor, id: str) -> Draft:
    """One of the actor's drafts, discarded ones included; `NotFound` as in `folder_of`."""
    draft = read_meta(folder_of(city, actor, id))
    if draft is None:
        raise NotFound("This draft is no longer there. Drop the file again.")
    return draft


def mine(city: City, actor: Actor) -> list[Draft]:
    """The actor's unfinished drafts, last changed first."""
    own = [
        one
        for one in every(city)
        if one.owner == actor.id and _is_for(actor, one) and not one.discarded
    ]
    return sorted(own, key=lambda draft: draft.changed, reverse=True)


def _is_for(actor: Actor, draft: Draft) -> bool:
    """Whether the draft is the actor's business.

    An upload is its uploader's. What came by itself is for all who publish for its publisher, so
    that it never waits for somebody who has left, and is no longer read by who has another office.
    """
    if draft.source is None:
        return draft.owner == actor.id
    return allows(actor, Action.PUBLISH, draft.begun or draft.dataset)


def every(city: City) -> list[Draft]:
    """All drafts of all people, expired ones left out."""
    now = city.clock()
    found = [read_meta(folder) for folder in _folders(root(city)) if _ID.match(folder.name)]
    return [draft for draft in found if draft and draft.expires >= now]


def put_away(city: City, draft: Draft) -> None:
    """Discard a draft in nobody's name: a newer delivery took its place."""
    folder = root(city) / draft.id
    with only_one(folder):
        write_meta(folder, replace(draft, discarded=city.clock()))


def _folders(parent: Path) -> list[Path]:
    return list(parent.iterdir()) if parent.exists() else []


def change(city: City, actor: Actor, id: str, how: Callable[[Draft], Draft]) -> Draft:
    """Change the actor's draft, one change after the other."""
    folder = folder_of(city, actor, id)
    with only_one(folder):
        before = get(city, actor, id)
        draft = replace(how(before), changed=city.clock())
        write_meta(folder, draft)
    return draft


def correct(
    city: City,
    actor: Actor,
    id: str,
    fields: Sequence[Field],
    *,
    renames: Mapping[str, str] | None = None,
) -> Draft:
    """Read these columns as said (type, role, unit, title, description, our name)."""
    names = [field.name for field in fields]
    if twice := {name for name in names if names.count(name) > 1}:
        raise Invalid(f"Column “{twice.pop()}” is described twice.")

    def how(draft: Draft) -> Draft:
        renamed = draft.plan.renames if renames is None else dict(renames)
        plan = replace(draft.plan, fields=tuple(fields), renames=renamed)
        return replace(draft, plan=plan, is_checked=True)

    return change(city, actor, id, how)


def plan(city: City, actor: Actor, id: str, how: Callable[[Plan], Plan]) -> Draft:
    """Change what is said about the reading: an answer, a rule, a policy."""
    return change(city, actor, id, lambda draft: replace(draft, plan=how(draft.plan)))


def choose_table(city: City, actor: Actor, id: str, sheet: str) -> Draft:
    """Read another sheet, layer or member; it has other columns, so what was said of them goes."""

    def how(draft: Draft) -> Draft:
        return replace(draft, plan=Plan(sheet=sheet, policy=draft.plan.policy), is_checked=False)

    return change(city, actor, id, how)


def reset(city: City, actor: Actor, id: str, column: str = "") -> Draft:
    """Take back what was said of a column, or of all of them and of the reading as a whole."""

    def how(draft: Draft) -> Draft:
        if not column:
            return replace(draft, plan=Plan(), remembered="", forgets=True)
        fields = tuple(one for one in draft.plan.fields if one.name != column)
        renames = {file: ours for file, ours in draft.plan.renames.items() if ours != column}
        return replace(draft, plan=replace(draft.plan, fields=fields, renames=renames))

    return change(city, actor, id, how)


def describe(
    city: City, actor: Actor, id: str, dataset: Dataset, *, step: str, note: str = ""
) -> Draft:
    """Keep what was typed in the step `describe`, `license` or `confirm`.

    Raises `Invalid` for a missing title or an address that cannot be one, `Forbidden` for a
    publisher the actor may not publish for, or for personal data that nobody released.
    """
    if not allows(actor, Action.PUBLISH, dataset.publisher):
        raise Forbidden("You may not publish for this publisher. Choose one of yours.")
    if step == "describe":
        check_description(dataset)
    if dataset.category is Category.PERSONAL and dataset.access is not Access.INTERNAL:
        with city.work(actor, may_write=False) as work:
            privacy.require_release(work, dataset)

    def how(draft: Draft) -> Draft:
        if draft.replaces and dataset.id != draft.replaces:
            raise Invalid("The address of a dataset cannot be changed: links would break.")
        return replace(
            draft,
            dataset=dataset,
            is_described=draft.is_described or step == "describe",
            is_licensed=draft.is_licensed or step == "license",
            note=note if step == "confirm" else draft.note,
        )

    return change(city, actor, id, how)


def check_description(dataset: Dataset) -> None:
    """Raise `Invalid`, naming the input, for a description that could not be published."""
    if not any(text.strip() for text in dataset.title.values()):
        raise Invalid("A dataset needs a title in at least one language.", column="title")
    checked_id(dataset.id)


def discard(city: City, actor: Actor, id: str) -> Draft:
    """Put the draft away; for a day it can be brought back."""
    return change(city, actor, id, lambda draft: replace(draft, discarded=city.clock()))


def restore(city: City, actor: Actor, id: str) -> Draft:
    """Bring a discarded draft back."""
    return change(city, actor, id, lambda draft: replace(draft, discarded=None))


def remove(city: City, actor: Actor, id: str) -> None:
    """Take the draft away for good: it became a version."""
    shutil.rmtree(folder_of(city, actor, id), ignore_errors=True)


def sweep(city: City) -> int:
    """Remove expired drafts and uploads that were cut off a day ago; answers how many."""
    gone, now = 0, city.clock()
    for folder in _folders(root(city)):
        draft = read_meta(folder)
        cut_off = draft is None and time.time() - folder.stat().st_mtime > _CUT_OFF_S
        if cut_off or (draft is not None and draft.expires < now):
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone
