"""Which of the field's own tables a file is, and which column is which field: suggested, then said.

A suggestion rests on names (four languages), values (codes, ranges, types) and units, and says so.
A person confirms it; the `Correspondence` is then data, kept in the plan of the dataset, and found
again for the next file of the same shape.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.errors import Invalid
from citycommons.core.tables import ARROW_TYPES, fields_of, with_fields
from citycommons.core.types import Choice, Correspondence, Field, FieldRole, FieldType, Question
from citycommons.standardise.conversion import factor
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Rows
from citycommons.standardise.models import MODELS, Model, ModelField, model

EACH = "*"
"""Stands for a column where each further column of numbers is one name with its values."""

_ENOUGH = 0.5  # for a column to be a field
_SURE = 0.6  # for a table to be a model
_SAMPLE = 5_000
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_TIMES = (FieldType.DATE, FieldType.DATETIME)
_FITS: dict[FieldType, tuple[FieldType, ...]] = {
    FieldType.STRING: (*FieldType,),
    FieldType.INTEGER: _NUMBERS,
    FieldType.NUMBER: _NUMBERS,
    FieldType.BOOLEAN: (FieldType.BOOLEAN, *_NUMBERS),
    FieldType.DATE: _TIMES,
    FieldType.DATETIME: _TIMES,
    FieldType.TIME: (FieldType.TIME,),
    FieldType.GEOMETRY: (FieldType.GEOMETRY,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One column that seems to be one field, and why."""

    field: str
    column: str
    score: float  # 0..1
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A model that the table seems to be; `correspondence` is what a person confirms or mends."""

    model: str
    correspondence: Correspondence
    matches: tuple[Match, ...]
    missing: tuple[str, ...]  # required fields without a column
    score: float  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A table as its model says: the model's fields, then all other columns of the file."""

    table: pa.Table
    rows: Rows  # row of the table before that each row came from


def suggest(table: pa.Table, model: str | None = None) -> tuple[Suggestion, ...]:
    """Models that the table may be, the likeliest first; only the named one where one is named.

    Looks at names, types and units, and at the values of the first 5 000 rows. Empty when no model
    is likely: most tables are none of them.
    """
    columns = [_column(field, table) for field in fields_of(table)]
    wanted = [MODELS[model]] if model in MODELS else list(MODELS.values())
    found = [_suggested(one, columns) for one in wanted]
    likely = [one for one in found if one.score >= _SURE or model is not None]
    return tuple(sorted(likely, key=lambda one: -one.score))


NO_MODEL = "none"
"""The answer to a question for a mapping: this is none of the field's own tables."""


def named(shape: str) -> str:
    """The id of the question for files of a shape."""
    return f"mapping:{shape}"


def question(table: pa.Table, shape: str) -> Question | None:
    """Whether the table is one of the field's own, and which column is which; None if unlikely.

    The value of each choice is the whole correspondence as JSON (`said` reads it).
    """
    found = suggest(table)[:3]
    if not found:
        return None
    choices = [
        Choice(
            value=msgspec.json.encode(one.correspondence).decode(),
            title=str(model(one.model).title["en"]),
            evidence="; ".join(f"{m.column} is {m.field} ({m.evidence})" for m in one.matches),
            sample=", ".join(m.column for m in one.matches),
            fits=one.score,
        )
        for one in found
    ]
    choices.append(Choice(value=NO_MODEL, title="None of these: leave the columns as they are"))
    return Question(
        id=named(shape),
        kind="mapping",
        text="Is this one of the tables that cities share?",
        columns=tuple(match.column for match in found[0].matches if match.column != EACH),
        choices=tuple(choices),
    )


def said(choice: str) -> Correspondence | None:
    """What a choice of `question` means; None where it is no model."""
    if choice == NO_MODEL:
        return None
    return msgspec.json.decode(choice, type=Correspondence)


def fits(correspondence: Correspondence, table: pa.Table) -> bool:
    """Whether the table has every column that was confirmed for another file."""
    there = set(table.column_names)
    return all(column in there or column == EACH for column in correspondence.columns.values())


def apply(
    table: pa.Table,
    correspondence: Correspondence,
    *,
    lines: Callable[[Rows], Rows] = lambda rows: rows,
    faults: Faults | None = None,
) -> tuple[Mapped, Faults]:
    """The table as its model says: codes for words, the model's units and types.

    What has no code or does not fit is left empty and told with its line. Columns that are no
    field of the model stay, after those that are. Raises `Invalid` where a confirmed column is
    gone, or a unit cannot be converted.
    """
    faults = faults or Faults()
    wanted = model(correspondence.model)
    if not fits(correspondence, table):
        gone = next(c for c in correspondence.columns.values() if c not in table.column_names)
        raise Invalid(
            f"The file has no column “{gone}”, which was said to be a field of "
            f"“{wanted.id}”. Say anew which columns are which.",
            column=gone,
        )
    rows = np.arange(table.num_rows, dtype=np.int64)
    chosen = dict(correspondence.columns)
    if EACH in chosen.values() and wanted.wide:
        table, rows = _long(table, wanted, chosen)
        chosen |= dict(zip(wanted.wide, wanted.wide, strict=True))
    at = lambda some: lines(rows[some])  # noqa: E731
    by_name = {field.name: field for field in fields_of(table)}
    columns: dict[str, pa.Array] = {}
    fields: list[Field] = []
    for one in wanted.fields:
        if (column := chosen.get(one.name)) is None:
            continue
        columns[one.name] = _as_field(
            table, column, by_name[column], one, correspondence, at, faults
        )
        seen = by_name[column].evidence
        evidence = f"column “{column}”, as the mapping to “{wanted.id}” says"
        # What was seen stays: repaired rows are read by it again.
        evidence = f"{evidence}; {seen}" if seen else evidence
        fields.append(replace(one.meaning, title=by_name[column].title, evidence=evidence))
    taken = set(chosen.values())
    for name in table.column_names:
        if name not in taken:
            free = _free(name, columns)
            columns[free] = table.column(name)
            fields.append(replace(by_name[name], name=free))
    return Mapped(table=with_fields(pa.table(columns), tuple(fields)), rows=rows), faults


# How alike a column and a field are


@dataclass(frozen=True, slots=True)
class _Column:
    field: Field
    words: tuple[str, ...]
    compact: str
    texts: frozenset[str]  # distinct values of the sample, small
    low: float | None = None
    high: float | None = None
    flags: float = 0.0  # share of values that are 0 or 1


def _column(field: Field, table: pa.Table) -> _Column:
    values = table.column(field.name).slice(0, _SAMPLE).drop_null()
    words = plain(field.name)
    low = high = None
    flags = 0.0
    texts: frozenset[str] = frozenset()
    if field.type in _NUMBERS and len(values):
        ends = pc.min_max(values).as_py()
        low, high = float(ends["min"]), float(ends["max"])
        flags = pc.mean(pc.is_in(values, pa.array([0, 1], values.type))).as_py()
    if field.type in (FieldType.STRING, FieldType.INTEGER, FieldType.BOOLEAN):
        distinct = pc.unique(pc.cast(values, pa.string())).to_pylist()
        texts = frozenset(" ".join(plain(text)) for text in distinct[:200])
    return _Column(field, words, "".join(words), texts, low, high, flags)


@lru_cache(maxsize=20_000)
def plain(name: str) -> tuple[str, ...]:
    """The words of a name: small letters without accents, signs or a unit in brackets."""
    name = re.sub(r"[\[(][^\])]*(?:[/°%µ²³]|k?W|EUR|€)[^\])]*[\])]", " ", name)
    name = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", name.replace("ß", "ss"))
    name = name.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    letters = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return tuple(re.findall(r"[a-z0-9]+", letters))


def _alike(column: _Column, words: Sequence[str]) -> tuple[float, str]:
    """How well a column's name is one of the words, and which."""
    best, why = 0.0, ""
    for word in words:
        wanted = plain(word)
        if not wanted:
            continue
        if wanted == column.words or "".join(wanted) == column.compact:
            return 1.0, word
        score = 0.0
        if _within(wanted, column.words):
            share = sum(map(len, wanted)) / max(len(column.compact), 1)
            score = 0.55 + 0.4 * share
        elif len(wanted) == 1 and len(wanted[0]) > 4 and wanted[0] in column.compact:
            score = 0.4 + 0.3 * len(wanted[0]) / len(column.compact)
        if score > best:
            best, why = score, word
    return best, why


def _within(part: Sequence[str], whole: Sequence[str]) -> bool:
    size = len(part)
    return any(tuple(whole[at : at + size]) == tuple(part) for at in range(len(whole) - size + 1))


def _match(column: _Column, one: ModelField) -> Match | None:
    if column.field.type not in _FITS[one.meaning.type]:
        return None
    if one.meaning.type is FieldType.STRING and column.field.type in (*_TIMES, FieldType.GEOMETRY):
        return None
    name, word = _alike(column, one.words)
    if one.meaning.type is FieldType.GEOMETRY:
        name, word = max(name, 0.8), word or "the only shape"
    said = [f"the name says “{word}”"] if name else []
    value, why = _values(column, one)
    if value < 0:
        return None
    if why:
        said.append(why)
    unit = 0.0
    if one.meaning.unit and column.field.unit:
        if factor(column.field.unit, one.meaning.unit) is None:
            return None
        unit = 1.0
        said.append(f"measured in {column.field.unit}")
    # Values alone may name a code list, but never a number.
    score = 0.75 * name + 0.2 * value + 0.05 * unit if name else 0.6 * (value == 1.0)
    if name == 1.0:
        score = max(score, 0.8)
    if score < _ENOUGH:
        return None
    return Match(
        field=one.name,
        column=column.field.name,
        score=round(min(score, 1.0), 3),
        evidence="; ".join(said),
    )


def _values(column: _Column, one: ModelField) -> tuple[float, str]:
    """How well values fit: 1 for all, below 0 for values that cannot be."""
    if one.codes and column.texts:
        words = _code_words(one, column)
        hits = sum(_code(text, words) is not None for text in column.texts)
        share = hits / len(column.texts)
        if share >= 0.5:
            return share, f"{hits} of {len(column.texts)} values are known words"
        return 0.0, ""
    if one.meaning.type is FieldType.BOOLEAN:
        if column.field.type is FieldType.BOOLEAN or column.flags >= 0.95:
            return 0.9, "its values are yes or no"
        return -1.0, ""
    if column.low is not None and column.high is not None:
        if one.maximum is not None and column.low > one.maximum:
            return -1.0, ""
        if one.minimum is not None and column.high < one.minimum:
            return -1.0, ""
        is_inside = (one.minimum is None or column.low >= one.minimum) and (
            one.maximum is None or column.high <= one.maximum
        )
        if is_inside and one.minimum is not None and one.maximum is not None:
            return 0.9, f"values from {column.low:g} to {column.high:g}"
        return (0.5, "") if is_inside else (0.2, "")
    return 0.5, ""


def _code_words(one: ModelField, column: _Column) -> dict[str, str]:
    """Word → code, with the numbers of a national record description where the name is its."""
    words = {" ".join(plain(word)): code for code, many in one.codes.items() for word in many}
    words |= {" ".join(plain(code)): code for code in one.codes}
    for name, numbers in one.coded.items():
        if plain(name) == column.words:
            words |= numbers
    return words


def _code(text: str, words: Mapping[str, str]) -> str | None:
    """The code of a value: the same words, or the longest ones inside it."""
    if text in words:
        return words[text]
    parts = text.split(" ")
    inside = [word for word in words if len(word) > 2 and _within(word.split(" "), parts)]
    return words[max(inside, key=len)] if inside else None


# A whole suggestion


def _suggested(one: Model, columns: list[_Column]) -> Suggestion:
    candidates = sorted(
        (found for c in columns for f in one.fields if (found := _match(c, f)) is not None),
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
    one: Model, columns: list[_Column], matches: list[Match], missing: Sequence[str]
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


def _wide(one: Model, columns: list[_Column], chosen: dict[str, Match]) -> dict[str, Match]:
    """A table with one column for each name: fields `name` and `value` stand for all of these."""
    if one.wide is None or not any(match.field == "time" for match in chosen.values()):
        return {}
    name, value = one.wide
    used = {match.column for match in chosen.values() if match.field not in one.wide}
    numbers = [
        c
        for c in columns
        if c.field.type in _NUMBERS and c.field.name not in used and "status" not in c.words
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
    one: Model, chosen: Mapping[str, Match], by_name: Mapping[str, _Column]
) -> dict[str, dict[str, str]]:
    """Which word of the file is which code, for the fields with a code list."""
    found: dict[str, dict[str, str]] = {}
    for name, match in chosen.items():
        field, column = one.of(name), by_name[match.column]
        if not field.codes:
            continue
        words = _code_words(field, column)
        told = {text: code for text in sorted(column.texts) if (code := _code(text, words))}
        if told:
            found[name] = told
    return found


# A confirmed correspondence


def _long(table: pa.Table, wanted: Model, chosen: dict[str, str]) -> tuple[pa.Table, Rows]:
    """One row for each name and row: the names are those of the columns of numbers."""
    name, value = wanted.wide or ("", "")
    kept = [column for field, column in chosen.items() if column != EACH]
    others = [field for field in fields_of(table) if field.name not in kept]
    numbers = [
        field for field in others if field.type in _NUMBERS and "status" not in plain(field.name)
    ]
    rest = [field for field in others if field not in numbers]
    count = table.num_rows
    rows = np.repeat(np.arange(count, dtype=np.int64), len(numbers))
    stays = table.select([*kept, *(field.name for field in rest)]).take(pa.array(rows))
    names = pa.array(np.tile(np.array([field.name for field in numbers], object), count))
    kind = wanted.of(value).meaning.type
    stacked = np.stack(
        [
            np.asarray(pc.cast(table.column(field.name), pa.float64()).to_numpy())
            for field in numbers
        ],
        axis=1,
    ).ravel()
    values = pa.array(stacked, pa.float64(), from_pandas=True)
    if kind is FieldType.INTEGER:
        values = pc.cast(values, pa.int64(), safe=False)
    said = {field.name: field for field in fields_of(table)}
    fields = [said[column] for column in stays.column_names]
    fields.append(Field(name=name, type=FieldType.STRING, role=FieldRole.IDENTIFIER))
    fields.append(Field(name=value, type=kind, role=FieldRole.MEASURE))
    columns = {c: stays.column(c) for c in stays.column_names}
    free = {name: names, value: values}
    if clash := set(columns) & set(free):
        raise Invalid(f"The file has a column “{clash.pop()}” already. Rename it first.")
    return with_fields(pa.table({**columns, **free}), tuple(fields)), rows


def _as_field(
    table: pa.Table,
    column: str,
    found: Field,
    one: ModelField,
    said: Correspondence,
    lines: Callable[[Rows], Rows],
    faults: Faults,
) -> pa.Array:
    values = table.column(column).combine_chunks()
    if one.codes:
        return _coded(values, column, one, said, lines, faults)
    unit = said.units.get(one.name) or found.unit
    if one.meaning.unit and unit and unit != one.meaning.unit:
        times = factor(unit, one.meaning.unit)
        if times is None:
            raise Invalid(
                f"Column “{column}” is in {unit}, and “{one.name}” in {one.meaning.unit}: one "
                "cannot be made of the other. Say another unit, or another column.",
                column=column,
            )
        values = pc.multiply(pc.cast(values, pa.float64()), times)
    return _typed(values, column, one, lines, faults)


def _coded(
    values: pa.Array,
    column: str,
    one: ModelField,
    said: Correspondence,
    lines: Callable[[Rows], Rows],
    faults: Faults,
) -> pa.Array:
    """Words as the model's codes; a word without a code is left empty and told."""
    texts = pc.cast(values, pa.string())
    encoded = texts.dictionary_encode()
    nothing: frozenset[str] = frozenset()
    words = _code_words(one, _Column(one.meaning, plain(column), "", nothing))
    told = said.values.get(one.name, {})
    spelled = {" ".join(plain(word)): code for word, code in told.items()}

    def code(word: str) -> str | None:
        text = " ".join(plain(word))
        return told.get(word) or spelled.get(text) or _code(text, words)

    codes = pa.array([code(word) for word in encoded.dictionary.to_pylist()], pa.string())
    result = codes.take(encoded.indices)
    lost = np.flatnonzero(np.asarray(pc.and_(pc.is_valid(texts), pc.is_null(result))))
    _tell(faults, "code", f"“{{value}}” is no {one.name} that is known", column, texts, lost, lines)
    return result


def _typed(
    values: pa.Array,
    column: str,
    one: ModelField,
    lines: Callable[[Rows], Rows],
    faults: Faults,
) -> pa.Array:
    kind = ARROW_TYPES[one.meaning.type]
    if values.type == kind:
        return values
    before = values
    if one.meaning.type is FieldType.INTEGER and pa.types.is_floating(values.type):
        is_whole = pc.equal(pc.round(values), values)
        values = pc.if_else(is_whole, values, pa.scalar(None, values.type))
    elif one.meaning.type is FieldType.BOOLEAN and not pa.types.is_boolean(values.type):
        is_flag = pc.is_in(values, pa.array([0, 1], values.type))
        values = pc.if_else(is_flag, values, pa.scalar(None, values.type))
    elif one.meaning.type is FieldType.DATE and pa.types.is_timestamp(values.type):
        values = pc.floor_temporal(values, unit="day").cast(pa.timestamp("us"))
    try:
        result: pa.Array = pc.cast(values, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as cause:
        raise Invalid(
            f"Column “{column}” holds {before.type}, and “{one.name}” is a {one.meaning.type}. "
            "Read the column as that type, or say another column.",
            column=column,
        ) from cause
    lost = np.flatnonzero(np.asarray(pc.and_(pc.is_valid(before), pc.is_null(result))))
    texts = pc.cast(before, pa.string())
    words = f"“{{value}}” is no {one.meaning.type}"
    _tell(faults, one.meaning.type.value, words, column, texts, lost, lines)
    return result


def _tell(
    faults: Faults,
    rule: str,
    words: str,
    column: str,
    texts: pa.Array,
    lost: np.ndarray,
    lines: Callable[[Rows], Rows],
) -> None:
    if not len(lost):
        return
    shown = lost[: faults.left]
    faults.add_column(
        rule,
        f"{words}; left empty.",
        column=column,
        lines=lines(shown),
        values=texts.take(pa.array(shown)),
        total=len(lost),
        action="left empty",
    )


def _free(name: str, taken: Mapping[str, Any]) -> str:
    folded = {one.casefold() for one in taken}
    found, number = name, 2
    while found.casefold() in folded:
        found, number = f"{name}_{number}", number + 1
    return found
