"""Which of the field's own tables a file seems to be, and which column is which field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from citycommons.core.tables import fields_of
from citycommons.core.types import Correspondence
from citycommons.standardise.alike import (
    NUMBERS,
    Column,
    Match,
    code_of,
    code_words,
    matched,
    plain,
    seen,
)
from citycommons.standardise.models import MODELS, Model

EACH = "*"
"""Stands for a column where each further column of numbers is one name with its values."""
_SURE = 0.6  # for a table to be a model


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A model that the table seems to be; `correspondence` is what a person confirms or mends."""

    model: str
    correspondence: Correspondence
    matches: tuple[Match, ...]
    missing: tuple[str, ...]  # required fields without a column
    score: float  # 0..1


def suggest(table: pa.Table, model: str | None = None) -> tuple[Suggestion, ...]:
    """Models that the table may be, the likeliest first; only the named one where one is named.

    Looks at names, types and units, and at the values of the first 5 000 rows. Empty when no model
    is likely: most tables are none of them.
    """
    columns = [seen(field, table) for field in fields_of(table)]
    wanted = [MODELS[model]] if model in MODELS else list(MODELS.values())
    found = [_suggested(one, columns) for one in wanted]
    likely = [one for one in found if one.score >= _SURE or model is not None]
    return tuple(sorted(likely, key=lambda one: -one.score))


def _suggested(one: Model, columns: list[Column]) -> Suggestion:
    candidates = sorted(
        (found for c in columns for f in one.fields if (found := matched(c, f)) is not None),
        key=lambda match: -match.score,
    )
    chosen: dict[str, Match] = {}
    taken: set[str] = set()
    for match in candidates:
        if match.field not in chosen and match.column not in taken:
            chosen[match.field] = match
            taken.add(match.column)
    wide = _wide(one, columns, chosen)
    there = {**chosen, **wide}
    missing = tuple(f.name for f in one.fields if f.is_required and f.name not in there)
    if one.one_of and not any(name in there for name in one.one_of):
        missing += (one.one_of[0],)
    by_name = {column.field.name: column for column in columns}
    matches = [*chosen.values(), *wide.values()]
    return Suggestion(
        model=one.id,
        correspondence=Correspondence(
            model=one.id,
            columns={f.name: m.column for f in one.fields if (m := there.get(f.name))},
            values=_value_words(one, chosen, by_name),
            units={
                name: by_name[match.column].field.unit
                for name, match in chosen.items()
                if one.of(name).meaning.unit and by_name[match.column].field.unit
            },
        ),
        matches=tuple(matches),
        missing=missing,
        score=_score(one, columns, matches, missing),
    )


def _score(
    one: Model, columns: list[Column], matches: list[Match], missing: Sequence[str]
) -> float:
    """How much of the model is there, how much of the table it explains, and what names say."""
    needed = [field.name for field in one.fields if field.is_required]
    score = {match.field: match.score for match in matches}
    core = sum(score.get(name, 0.0) for name in needed) / len(needed)
    rest = sum(value for name, value in score.items() if name not in needed)
    told = {word for column in columns for word in column.words}
    themes = {word for theme in one.words for word in plain(theme)}
    spoken = any(word in themes or any(t in word for t in themes if len(t) > 4) for word in told)
    explained = len({match.column for match in matches}) / max(len(columns), 1)
    if any(match.column == EACH for match in matches):
        explained = 1.0
    whole = 0.5 * core + 0.2 * min(rest / 2.0, 1.0) + 0.15 * explained + 0.15 * spoken
    return round(whole * (0.6 if missing else 1.0), 3)


def _wide(one: Model, columns: list[Column], chosen: dict[str, Match]) -> dict[str, Match]:
    """A table with one column for each name: fields `name` and `value` stand for all of these."""
    if one.wide is None or not any(match.field == "time" for match in chosen.values()):
        return {}
    name, value = one.wide
    used = {match.column for match in chosen.values() if match.field not in one.wide}
    numbers = [
        c
        for c in columns
        if c.field.type in NUMBERS and c.field.name not in used and "status" not in c.words
    ]
    if len(numbers) < 3 or any(m.score >= 0.8 for f, m in chosen.items() if f in one.wide):
        return {}
    themes = {word for theme in one.words for word in plain(theme)}
    spoken = sum(bool(set(column.words) & themes) for column in numbers)
    if spoken * 3 < len(numbers):
        return {}
    for field in one.wide:
        chosen.pop(field, None)
    score = 0.6 + 0.3 * (spoken / len(numbers))
    evidence = f"{len(numbers)} columns of numbers, one for each {name}"
    return {
        field: Match(field=field, column=EACH, score=round(score, 3), evidence=evidence)
        for field in (name, value)
    }


def _value_words(
    one: Model, chosen: Mapping[str, Match], by_name: Mapping[str, Column]
) -> dict[str, dict[str, str]]:
    """Which word of the file is which code, for the fields with a code list."""
    found: dict[str, dict[str, str]] = {}
    for name, match in chosen.items():
        field, column = one.of(name), by_name[match.column]
        if not field.codes:
            continue
        words = code_words(field, column)
        told = {text: code for text in sorted(column.texts) if (code := code_of(text, words))}
        if told:
            found[name] = told
    return found
