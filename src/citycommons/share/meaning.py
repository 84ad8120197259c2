"""Search by meaning, beside the words: entries nearest to a question, also in another language.

Only with the extra `citycommons[semantic]`, a multilingual model. Full text comes first and alone
is counted; where it finds few, the nearest entries are offered as related. The worker keeps one
vector for each language of an entry in a file that can be made again at any time.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from citycommons.core.types import SYSTEM, Access, Dataset, DatasetId, Version
from citycommons.share import catalogue, encoders
from citycommons.share.catalogue import Entry, Found, Search
from citycommons.share.encoders import Encoder, Floats
from citycommons.store import catalogue as stored
from citycommons.store.lake import Lake
from citycommons.store.work import City, Work

FEW = 5  # hits of full text, below which related entries are offered
MOST = 5  # related entries
NEAR = 0.22  # cosine from which on an entry is offered, see docs/performance.md
_LOOKED_AT = 200  # nearest entries, of which the actor may not discover some
_MOST_TEXT = 300  # characters of a description: more takes longer and finds little more
_MOST_QUESTION = 200
_WEIGHT = 2  # of what all texts share, in the mean of a language that has few
_AT_ONCE = 16
_SAVED_EACH = 256


@dataclass(frozen=True)
class Vectors:
    """Vectors of entries, one a row: of which dataset, in which language, of which text."""

    model: str
    state: str  # of the catalogue, when all of it was in here
    ids: tuple[str, ...]
    languages: tuple[str, ...]
    marks: tuple[str, ...]  # hashes of the texts
    common: Floats  # what all texts share
    rows: Floats

    @cached_property
    def centred(self) -> Floats:
        """Without the mean of each language: else a text is near to all of its own language."""
        mean = np.zeros_like(self.rows)
        for language in set(self.languages):
            of_it = np.array([one == language for one in self.languages])
            total = self.rows[of_it].sum(axis=0) + _WEIGHT * self.common
            mean[of_it] = total / (of_it.sum() + _WEIGHT)
        return encoders.unit(self.rows - mean)

    def nearest(self, question: Floats, near: float = NEAR) -> list[tuple[DatasetId, float]]:
        """Datasets from this cosine on, nearest first; the best language of each counts."""
        best: dict[str, float] = defaultdict(lambda: -1.0)
        scores = self.centred @ question
        for place in np.flatnonzero(scores >= near):
            best[self.ids[place]] = max(best[self.ids[place]], float(scores[place]))
        ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
        return [(DatasetId(id), score) for id, score in ranked]


def related(work: Work, wanted: Search, found: Found) -> tuple[Entry, ...]:
    """Entries near in meaning to what was searched, where full text found few or not all words.

    Never more than the actor may discover, and nothing without the extra. A hit is not told again
    unless it has but some of the words (`is_loose`): then the related ones are the better ones.
    """
    is_plain = not (wanted.chosen or wanted.offset or wanted.condition or wanted.is_exact)
    is_asked = is_plain and wanted.has_data is None and found.words and wanted.limit
    is_doubtful = found.total < FEW or found.is_loose or found.corrected
    if not (is_asked and is_doubtful):
        return ()
    if (model := encoders.encoder()) is None or (vectors := kept(work.lake, model)) is None:
        return ()
    shown = set() if found.is_loose else {one.dataset.id for one in found.entries}
    near = vectors.nearest(encoders.question(model, wanted.text[:_MOST_QUESTION]))
    ids = tuple(id for id, _ in near if id not in shown)[:_LOOKED_AT]
    entries = catalogue.of_ids(work, ids)
    return tuple(one for one in entries if _is_offered(one.dataset, wanted))[:MOST]


def _is_offered(one: Dataset, wanted: Search) -> bool:
    return one.removed is None and (one.access is Access.PUBLIC or not wanted.is_public)


def refresh(city: City, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Compute the vectors of new and changed entries; answers how many texts that were."""
    with city.work(SYSTEM, may_write=False) as work:
        state = str(stored.state(work.db))
    before = _read(_place(city.lake)) if encoders.is_installed() else None
    if (before and before.state == state) or (model := encoders.encoder()) is None:
        return 0
    with city.work(SYSTEM, may_write=False) as work:
        latest = stored.latest_versions(work.db)
        texts = [
            (one.id, language, text)
            for one in stored.datasets(work.db)
            if one.removed is None
            for language, text in _texts(one, latest.get(one.id))
        ]
    return _computed(city.lake, model, texts, state, before, is_stopping)


def _computed(
    lake: Lake,
    model: Encoder,
    texts: list[tuple[DatasetId, str, str]],
    state: str,
    before: Vectors | None,
    is_stopping: Callable[[], bool],
) -> int:
    known: dict[str, Floats] = {}
    if before and before.model == model.name:
        known = dict(zip(before.marks, before.rows, strict=True))
    marked = {_mark(text): text for _, _, text in texts}
    missing = [mark for mark in marked if mark not in known]
    done = 0
    for some in _batches(missing, _AT_ONCE):
        if is_stopping():
            break
        known.update(zip(some, model.texts([marked[one] for one in some]), strict=True))
        done += len(some)
        if done % _SAVED_EACH == 0:
            _write(lake, _made(model, texts, "", known))
    _write(lake, _made(model, texts, state if done == len(missing) else "", known))
    return done


def _made(
    model: Encoder, texts: list[tuple[DatasetId, str, str]], state: str, known: dict[str, Floats]
) -> Vectors:
    rows = [(id, language, _mark(text)) for id, language, text in texts]
    rows = [one for one in rows if one[2] in known]
    return Vectors(
        model=model.name,
        state=state,
        ids=tuple(one[0] for one in rows),
        languages=tuple(one[1] for one in rows),
        marks=tuple(one[2] for one in rows),
        common=encoders.common(model),
        rows=np.array([known[one[2]] for one in rows], np.float32),
    )


def _batches(marks: list[str], size: int) -> Iterator[list[str]]:
    yield from (marks[start : start + size] for start in range(0, len(marks), size))


def _texts(one: Dataset, version: Version | None) -> Iterator[tuple[str, str]]:
    """For each language the title, keywords, begin of the description and columns."""
    fields = version.fields if version else one.fields
    for language in sorted({*one.title, *one.description}):
        names = (field.title.get(language) or field.name for field in fields)
        parts = (
            one.title.get(language, ""),
            ", ".join(one.keywords)[:_MOST_TEXT],
            one.description.get(language, "")[:_MOST_TEXT],
            ", ".join(names)[:_MOST_TEXT],
        )
        if text := ". ".join(part for part in parts if part):
            yield language, text


def _mark(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _place(lake: Lake) -> Path:
    return lake.root.parent / "cache" / "meaning.npz"


_read_last: dict[Path, tuple[int, Vectors]] = {}


def kept(lake: Lake, model: Encoder) -> Vectors | None:
    """The vectors as the worker left them, if they are of this model."""
    found = _read(_place(lake))
    return found if found and found.model == model.name and len(found.rows) else None


def _read(path: Path) -> Vectors | None:
    try:
        changed = path.stat().st_mtime_ns
        if (last := _read_last.get(path)) and last[0] == changed:
            return last[1]
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            found = Vectors(
                model=str(file["model"]),
                state=str(file["state"]),
                ids=tuple(file["ids"].tolist()),
                languages=tuple(file["languages"].tolist()),
                marks=tuple(file["marks"].tolist()),
                common=file["common"],
                rows=file["rows"],
            )
    except (
        OSError,
        ValueError,
        KeyError,
        EOFError,
        BadZipFile,
    ):  # not there, or of another release: made anew
        return None
    _read_last[path] = (changed, found)
    return found


def _write(lake: Lake, vectors: Vectors) -> None:
    """Replace the file whole; readers see the old one or the new one."""
    path = _place(lake)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        np.savez(
            file,
            model=np.array(vectors.model),
            state=np.array(vectors.state),
            ids=np.array(vectors.ids, str),
            languages=np.array(vectors.languages, str),
            marks=np.array(vectors.marks, str),
            common=vectors.common,
            rows=vectors.rows,
        )
    aside.replace(path)
