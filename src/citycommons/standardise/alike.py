"""How alike a column of a file and a field of a model are: by name, values, type and unit."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from citycommons.core.types import Field, FieldType
from citycommons.standardise.conversion import factor
from citycommons.standardise.models import ModelField

_ENOUGH = 0.5  # for a column to be a field
_SAMPLE = 5_000
NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
_TIMES = (FieldType.DATE, FieldType.DATETIME)
_FITS: dict[FieldType, tuple[FieldType, ...]] = {
    FieldType.STRING: (*FieldType,),
    FieldType.INTEGER: NUMBERS,
    FieldType.NUMBER: NUMBERS,
    FieldType.BOOLEAN: (FieldType.BOOLEAN, *NUMBERS),
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


@dataclass(frozen=True, slots=True)
class Column:
    """What is seen of a column: its name's words, and the values of its first rows."""

    field: Field
    words: tuple[str, ...]
    compact: str
    texts: frozenset[str]  # distinct values of the sample, small
    low: float | None = None
    high: float | None = None
    flags: float = 0.0  # share of values that are 0 or 1


def seen(field: Field, table: pa.Table) -> Column:
    """A column by its name and the values of its first 5 000 rows."""
    values = table.column(field.name).slice(0, _SAMPLE).drop_null()
    words = plain(field.name)
    low = high = None
    flags = 0.0
    texts: frozenset[str] = frozenset()
    if field.type in NUMBERS and len(values):
        ends = pc.min_max(values).as_py()
        low, high = float(ends["min"]), float(ends["max"])
        flags = pc.mean(pc.is_in(values, pa.array([0, 1], values.type))).as_py()
    if field.type in (FieldType.STRING, FieldType.INTEGER, FieldType.BOOLEAN):
        distinct = pc.unique(pc.cast(values, pa.string())).to_pylist()
        texts = frozenset(" ".join(plain(text)) for text in distinct[:200])
    return Column(field, words, "".join(words), texts, low, high, flags)


@lru_cache(maxsize=20_000)
def plain(name: str) -> tuple[str, ...]:
    """The words of a name: small letters without accents, signs or a unit in brackets."""
    name = re.sub(r"[\[(][^\])]*(?:[/°%µ²³]|k?W|EUR|€)[^\])]*[\])]", " ", name)
    name = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", name.replace("ß", "ss"))
    name = name.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    letters = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return tuple(re.findall(r"[a-z0-9]+", letters))


def _alike(column: Column, words: Sequence[str]) -> tuple[float, str]:
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


def matched(column: Column, one: ModelField) -> Match | None:
    """How well the column is the field, and why; None where it cannot be or hardly is."""
    if column.field.type not in _FITS[one.meaning.type]:
        return None
    if one.meaning.type is FieldType.STRING and column.field.type in (*_TIMES, FieldType.GEOMETRY):
        return None
    name, word = _alike(column, one.words)
    if one.meaning.type is FieldType.GEOMETRY:
        name, word = max(name, 0.8), word or "the only shape"
    said = [f"the name says “{word}”"] if name else []
    value, why = _values(column, one, is_named=name > 0)
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


def _values(column: Column, one: ModelField, *, is_named: bool) -> tuple[float, str]:
    """How well values fit: 1 for all, below 0 for values that cannot be."""
    if one.codes and column.texts:
        words = code_words(one, column)
        # Without a name all values have to be known words: most columns end at their first one.
        if not is_named and any(code_of(text, words) is None for text in column.texts):
            return 0.0, ""
        hits = sum(code_of(text, words) is not None for text in column.texts)
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


def code_words(one: ModelField, column: Column) -> dict[str, str]:
    """Word → code, with the numbers of a national record description where the name is its."""
    words = {" ".join(plain(word)): code for code, many in one.codes.items() for word in many}
    words |= {" ".join(plain(code)): code for code in one.codes}
    for name, numbers in one.coded.items():
        if plain(name) == column.words:
            words |= numbers
    return words


def code_of(text: str, words: Mapping[str, str]) -> str | None:
    """The code of a value: the same words, or the longest ones inside it."""
    if text in words:
        return words[text]
    parts = text.split(" ")
    inside = [word for word in words if len(word) > 2 and _within(word.split(" "), parts)]
    return words[max(inside, key=len)] if inside else None
