"""Solr's standard query syntax, as CKAN's `q` and `fq` take it, read into conditions.

`word "a phrase" field:value field:(a OR b) field:[x TO y} +must -not NOT ! && || *:*`, with `*` and
`?` in values; words that stand side by side must all hold. Boosts (`^2`) and fuzziness (`~1`) are
read and change nothing. Local parameters (`{!…}`) are refused.

References
----------
Apache Solr Reference Guide: standard query parser; date math (`NOW-7DAYS/DAY`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from citycommons.core.errors import Invalid
from citycommons.store.conditions import Condition, Every, Not, Some

MOST_SIGNS = 8_000
MOST_DEPTH = 20
MOST_PARTS = 500


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase; in a pattern `*` and `?` stand for any signs."""

    text: str
    is_phrase: bool = False
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A range; an open end is empty."""

    first: str
    last: str
    has_first: bool = True
    has_last: bool = True


Asked: TypeAlias = Term | Span
Resolve: TypeAlias = Callable[[str, Asked], Condition]
"""What a field and its value mean; the field is empty where none was named."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<phrase>"(?:[^"\\]|\\.)*")
  | (?P<span>[\[{][^\[\]{}"]*\bTO\b[^\[\]{}"]*[\]}])
  | (?P<quoted_span>[\[{]\s*(?:"[^"]*"|[^\s"\[\]{}]+)\s+TO\s+(?:"[^"]*"|[^\s"\[\]{}]+)\s*[\]}])
  | (?P<open>\() | (?P<close>\))
  | (?P<word>&&|\|\||(?:AND|OR|NOT)(?![^\s()"]))
  | (?P<sign>[+!-](?=[^\s)]))
  | (?P<field>(?:[A-Za-z_*][\w.-]*|\*):)
  | (?P<term>(?:[^\s()"\[\]{}\\]|\\.)+)
  )(?P<more>(?<=["\])}])(?:~[\d.]*)?(?:\^[\d.]+)?)?""",
    re.VERBOSE,
)
_BOOST = re.compile(r"(?:~[\d.]*)?(?:\^[\d.]+)?$")
_MATH = re.compile(r"NOW(?P<steps>(?:[+-]\d{1,6}[A-Z]+|/[A-Z]+)*)")
_STEP = re.compile(r"(?P<sign>[+-]|/)(?P<count>\d*)(?P<unit>[A-Z]+?)S?(?=[+/-]|$)")
_DAYS = {"DAY": 1, "WEEK": 7, "MONTH": 30, "YEAR": 365}
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600}


def is_plain(text: str) -> bool:
    """Whether the question is words alone, without a sign of the syntax."""
    return not re.search(r'[:"()\[\]{}*?\\!]|(?<!\S)[+-]|\b(?:AND|OR|NOT)\b|&&|\|\|', text)


def parse(text: str, resolve: Resolve) -> Condition:
    """The condition; of an empty text it always holds.

    Raises `Invalid` that says where the text cannot be read.
    """
    if len(text) > MOST_SIGNS:
        raise Invalid(f"The query has {len(text)} signs; {MOST_SIGNS} are the most.")
    if text.lstrip().startswith("{!"):
        raise Invalid("Local parameters ({!…}) are not read here; write field:value.")
    reader = _Reader(_tokens(text), resolve)
    found = reader.choices("", 0)
    if not reader.is_over:
        raise Invalid(f"The query cannot be read from “{reader.seen()[:40]}” on.")
    return found


def moment(text: str, now: datetime) -> datetime | None:
    """A time of a range: ISO 8601, a year, date math from `NOW`; None of an open end (`*`).

    Raises `Invalid` for what is no time.
    """
    if text in ("*", ""):
        return None
    try:
        if found := _MATH.fullmatch(text):
            return _reckoned(now, found["steps"])
        whole = f"{text}-01-01" if re.fullmatch(r"\d{4}", text) else text
        read = datetime.fromisoformat(whole)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as cause:
        raise Invalid(
            f"“{text[:60]}” is no time. Write it as 2026-03-31T08:00:00Z, or NOW-7DAYS."
        ) from cause


def _reckoned(now: datetime, steps: str) -> datetime:
    for one in _STEP.finditer(steps):
        unit = one["unit"]
        if unit not in _DAYS and unit not in _SECONDS:
            raise ValueError(unit)
        if one["sign"] == "/":
            now = _floored(now, unit)
        else:
            length = timedelta(days=_DAYS.get(unit, 0), seconds=_SECONDS.get(unit, 0))
            now += int(one["count"] or 0) * length * (1 if one["sign"] == "+" else -1)
    return now


def _floored(now: datetime, unit: str) -> datetime:
    names = ("MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
    finer = names[names.index(unit) + 1 :] if unit in names else names
    lowest = {name.lower(): 1 if name in ("MONTH", "DAY") else 0 for name in finer}
    return now.replace(microsecond=0, **lowest)  # type: ignore[arg-type]


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        if (one := _TOKEN.match(text, at)) is None:
            raise Invalid(f"The query cannot be read from “{text[at : at + 40].strip()}” on.")
        kind = next(k for k, v in one.groupdict().items() if v is not None and k != "more")
        found.append((kind, one[kind]))
        at = one.end()
        if len(found) > MOST_PARTS:
            raise Invalid(f"The query has more than {MOST_PARTS} parts. Ask for less.")
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], resolve: Resolve) -> None:
        self._tokens, self._at, self._resolve = tokens, 0, resolve

    @property
    def is_over(self) -> bool:
        return self._at >= len(self._tokens)

    def seen(self) -> str:
        return "" if self.is_over else self._tokens[self._at][1]

    def _next(self, kind: str, *texts: str) -> str:
        if self.is_over or self._tokens[self._at][0] != kind:
            return ""
        text = self._tokens[self._at][1]
        if texts and text not in texts:
            return ""
        self._at += 1
        return text

    def choices(self, field: str, depth: int) -> Condition:
        """Parts with OR between them."""
        if depth > MOST_DEPTH:
            raise Invalid(f"The query is nested deeper than {MOST_DEPTH}; write it flatter.")
        parts = [self._all(field, depth)]
        while self._next("word", "OR", "||"):
            self._must_go_on()
            parts.append(self._all(field, depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all(self, field: str, depth: int) -> Condition:
        parts: list[Condition] = []
        while not self.is_over and self._tokens[self._at][0] != "close":
            if self._tokens[self._at] in (("word", "OR"), ("word", "||")):
                break
            if parts and self._next("word", "AND", "&&"):
                self._must_go_on()
            parts.append(self._one(field, depth))
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _must_go_on(self) -> None:
        if self.is_over or self._tokens[self._at][0] == "close":
            raise Invalid("The query ends where something more was announced.")

    def _one(self, field: str, depth: int) -> Condition:
        if self._next("word", "NOT") or (sign := self._next("sign", "-", "!")):
            if depth > MOST_DEPTH:
                raise Invalid(f"The query is nested deeper than {MOST_DEPTH}; write it flatter.")
            return Not(self._one(field, depth + 1))
        sign = self._next("sign", "+")
        if named := self._next("field"):
            field = named[:-1]
        if self._next("open"):
            found = self.choices(field, depth + 1)
            if not self._next("close"):
                raise Invalid("A bracket of the query is not closed.")
            return found
        return self._resolve(field, self._asked(sign))

    def _asked(self, sign: str) -> Asked:
        if phrase := self._next("phrase"):
            return Term(re.sub(r"\\(.)", r"\1", phrase[1:-1]), is_phrase=True)
        if span := self._next("span") or self._next("quoted_span"):
            first, _, last = span[1:-1].partition(" TO ")
            ends = (first.strip().strip('"'), last.strip().strip('"'))
            return Span(*ends, has_first=span[0] == "[", has_last=span[-1] == "]")
        if term := self._next("term") or self._next("word"):
            plain = _BOOST.sub("", term) or term
            is_pattern = bool(re.search(r"(?<!\\)[*?]", plain))
            return Term(re.sub(r"\\(.)", r"\1", plain), is_pattern=is_pattern)
        raise Invalid(f"The query cannot be read at “{sign or self.seen()}”: something is missing.")
