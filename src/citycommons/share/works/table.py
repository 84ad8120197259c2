"""Works from a table: a file of a utility, a spreadsheet of a department, a published dataset.

Columns are known by their names in four languages (`table_words.COLUMNS`); needed are a street or a
line, and a first day. A place is a line (WKT, GeoJSON or positions), a position, or else the street
by its name where the caller can find it; whatever is no line of its own is marked as approximate.
Days are read in each usual spelling; `03/04/2026` is 3 April unless another row of the column shows
that the month comes first. Nothing is dropped in silence: each row that cannot be works is a fault.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from citycommons.core.errors import CityError, Invalid
from citycommons.core.types import Fault, PublisherId
from citycommons.core.works import (
    Effect,
    Line,
    Measure,
    Phase,
    Works,
    WorksId,
    WorksState,
    WorkType,
)
from citycommons.share.works import table_words as words
from citycommons.share.works.edition import Reader
from citycommons.share.works.lines import line_in
from citycommons.standardise.gazetteer import plain

Row = Mapping[str, Any]
Locate = Callable[[str, Sequence[str]], tuple[Line, str] | None]
"""Finds (street, streets that meet it) → (line, how it was found)."""
_PASSING = {"foot": r"walk|foot|pedestrian|fuss|pedon", "bicycle": r"cycl|bike|rad|bici|velo"}
_STUB = 0.0004  # degrees on both sides of a position that is no line
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january gennaio janvier", "feb februar february febbraio fevrier",
            "mar maerz marz march marzo mars", "apr april aprile avril", "mai may maggio",
            "jun juni june giugno juin", "jul juli july luglio juillet", "aug august agosto aout",
            "sep sept september settembre septembre", "okt oct oktober october ottobre octobre",
            "nov november novembre", "dez dec dezember december dicembre decembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTable:
    """Works of a table, with what could not be used and what had to be guessed, in sentences."""

    works: tuple[Works, ...]
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()


def read(
    rows: Sequence[Row], reader: Reader, *, language: str = "en", locate: Locate | None = None
) -> FromTable:
    """Works of the rows; `language` is that of their texts.

    Raises `Invalid` for a table without a column of days, or of streets and places.
    """
    columns = known_columns(list(rows[0]) if rows else [])
    if rows and not ("start" in columns and {"street", "line", "lon"} & columns.keys()):
        raise Invalid(
            f"{reader.name}: a table of works needs a column of first days (start) and one of "
            f"streets (street) or lines (line). It has {', '.join(list(rows[0])[:20])}."
        )
    by_month = _is_month_first(rows, columns)
    made: list[Works] = []
    faults: list[Fault] = []
    remarks: list[str] = []
    for number, row in enumerate(rows, start=1):
        given = {field: row[name] for field, name in columns.items()}
        one = _Row(given, reader, language, by_month, locate)
        try:
            made.append(one.works())
        except CityError as error:
            faults.append(
                Fault(
                    rule="works",
                    message=error.message,
                    line=number,
                    column=str(error.where.get("column", "")),
                    value=str(given.get("id") or ""),
                    is_rejected=True,
                    action="kept aside",
                )
            )
        remarks += [f"Row {number}: {remark}" for remark in one.remarks]
    return FromTable(works=tuple(made), faults=tuple(faults), remarks=tuple(remarks))


def known_columns(names: Sequence[str]) -> dict[str, str]:
    """Field → the column that holds it; each column is used once."""
    spelled = {plain(name).replace(" ", "_"): name for name in names}
    found: dict[str, str] = {}
    for field, known in words.COLUMNS.items():
        name = next((spelled[word] for word in known if word in spelled), None)
        if name is not None and name not in found.values():
            found[field] = name
    return found


def day_in(value: object, *, is_month_first: bool = False) -> date | None:
    """The day in a cell; None for an empty one. Raises `Invalid` for what is no day.

    >>> day_in("3.4.2026"), day_in("2026-04-03T07:00"), day_in("3 aprile 2026")
    (datetime.date(2026, 4, 3), datetime.date(2026, 4, 3), datetime.date(2026, 4, 3))
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value or "").strip()
    if not text:
        return None
    parts = _parts(text)
    if parts is None:
        raise Invalid(f"“{text[:40]}” is no day: write it as 2026-03-31.")
    year, month, day = parts
    if is_month_first and "/" in text:
        month, day = day, month
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError as cause:
        raise Invalid(f"“{text[:40]}” is no day of the calendar.") from cause


def _parts(text: str) -> tuple[int, int, int] | None:
    """Year, month, day; of a slashed day the first number is the day."""
    if found := re.match(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?!\d)", text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text):
        return int(found[1]), int(found[2]), int(found[3])
    if found := re.search(r"(?<!\d)(\d{1,2})[-./](\d{1,2})[-./](\d{4}|\d\d)(?!\d)", text):
        return int(found[3]), int(found[2]), int(found[1])
    if found := re.search(r"(?<!\d)(\d{1,2})\s+([a-z]+)\s+(\d{4})", plain(text)):
        month = _MONTHS.get(found[2])
        return (int(found[3]), month, int(found[1])) if month else None
    if found := re.search(r"([a-z]+)\s+(\d{1,2})\s+(\d{4})", plain(text)):
        month = _MONTHS.get(found[1])
        return (int(found[3]), month, int(found[2])) if month else None
    return None


def _is_month_first(rows: Sequence[Row], columns: Mapping[str, str]) -> bool:
    """Whether slashed days cannot be read day first, but month first."""
    texts = [str(row[columns[f]] or "") for row in rows for f in ("start", "end") if f in columns]
    slashed = [re.match(r"\s*(\d{1,2})/(\d{1,2})/\d", text) for text in texts]
    pairs = [(int(one[1]), int(one[2])) for one in slashed if one]
    return any(second > 12 for _, second in pairs) and all(first <= 12 for first, _ in pairs)


class _Row:
    """One row in the making."""

    def __init__(
        self, given: Row, reader: Reader, language: str, by_month: bool, locate: Locate | None
    ) -> None:
        self.given, self.reader, self.language = given, reader, language
        self.by_month, self.locate = by_month, locate
        self.remarks: list[str] = []

    def works(self) -> Works:
        streets = _streets(self.text("street"))
        first, last, is_certain = self._days()
        line, is_exact = self._place(streets)
        measure = self._measure(line)
        title = self.text("title") or self.text("what") or ", ".join(streets) or self.text("id")
        return Works(
            id=WorksId(""),
            title={self.language: title[:300]} if title else {},
            description=self._description(title),
            streets=streets or (self.text("section") or title or self.text("id"),),
            state=self._state(first, last),
            party=words.PARTIES.get(self.text("party").casefold(), self.reader.party),
            owner=self._owner(),
            contractor=self.text("contractor")[:300],
            contact=self.text("contact")[:300],
            phases=(
                Phase(first_day=first, last_day=last, measures=(measure,), is_certain=is_certain),
            ),
            stays_open_to=self._stays_open(),
            detour_words={self.language: words_} if (words_ := self.text("detour")) else {},
            types=self._types(),
            is_place_exact=is_exact,
            source_id=self.text("id"),
            created=self.reader.now,
            updated=self.reader.now,
            updated_by=self.reader.by,
        )

    def text(self, field: str) -> str:
        value = self.given.get(field)
        text = "" if value is None else str(value).strip()
        return "" if text.casefold() in ("not stated", "unknown", "n/a", "-", "unbekannt") else text

    def _days(self) -> tuple[date, date, bool]:
        first = self._day("start")
        if first is None:
            raise Invalid("It has no first day.", column="start")
        last = self._day("end")
        if last is None:
            self.remarks.append("its end is not known; one day is written, as an estimate")
            return first, first, False
        said = self.text("certain").casefold()
        return first, last, said in ("1", "true", "yes", "ja", "si", "sì", "oui", "certain")

    def _day(self, field: str) -> date | None:
        value = self.given.get(field)
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(self.reader.zone)
            if field == "end" and value.time() == time(0):
                value -= timedelta(days=1)  # it ends with the day before
        try:
            return day_in(value, is_month_first=self.by_month)
        except Invalid as cause:
            raise Invalid(cause.message, column=field) from cause

    def _place(self, streets: tuple[str, ...]) -> tuple[Line, bool]:
        shape = self.given.get("line")
        if isinstance(shape, bytes):
            return _of_wkb(shape)
        if line := line_in(self.text("line")):
            return line, True
        if (at := self._position()) is not None:
            lon, lat = at
            return ((lon - _STUB, lat), (lon + _STUB, lat)), False
        return self._street(streets), False

    def _position(self) -> tuple[float, float] | None:
        try:
            lon, lat = (float(self.text(name).replace(",", ".")) for name in ("lon", "lat"))
        except ValueError:
            return None
        return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None

    def _street(self, streets: tuple[str, ...]) -> Line:
        meeting = [
            *streets[1:],
            *_streets(re.sub(r"\b(to|bis|from|von)\b", "/", self.text("section"))),
        ]
        for name in streets:
            others = [one for one in (*streets, *meeting) if one != name]
            if self.locate and (found := self.locate(name, others)):
                self.remarks.append(f"its place is approximate: {found[1]}")
                return found[0]
        raise Invalid(
            f"Nobody knows where “{', '.join(streets)[:80]}” is: give a line or a position.",
            column="line",
        )

    def _measure(self, line: Line) -> Measure:
        said = plain(f"{self.text('effect')} {self.text('what')} {self.text('title')}")
        effect = _first(words.EFFECTS, self.text("effect")) or _first(words.EFFECTS, said)
        left, total = self._count("lanes_open"), self._count("lanes_total")
        speed = self._count("speed_kmh")
        if effect is None:
            effect = Effect.SPEED if speed else Effect.LANES
            if not speed and left is None:
                self.remarks.append("what happens to traffic is not said; taken as narrowed")
        if effect is Effect.SPEED and not speed:
            effect = Effect.LANES
        if effect is Effect.LANES and left is None:
            left = 1
        return Measure(
            effect=effect,
            line=line,
            both_directions=effect is not Effect.ONE_WAY,
            lanes_open=left,
            lanes_total=total if total is None or left is None or total >= left else None,
            speed_kmh=speed,
        )

    def _count(self, field: str) -> int | None:
        found = re.match(r"\d{1,3}", self.text(field))
        return int(found[0]) if found else None

    def _state(self, first: date, last: date) -> WorksState:
        if said := words.STATES.get(self.text("state").casefold()):
            return said
        today = self.reader.now.astimezone(self.reader.zone).date()
        return WorksState.CLOSED if last < today else WorksState.PERMITTED

    def _owner(self) -> PublisherId:
        return PublisherId(self.text("owner")) if self.text("owner") else self.reader.owner

    def _types(self) -> frozenset[WorkType]:
        said = plain(f"{self.text('type')} {self.text('what')} {self.text('title')}")
        named = {one for one in WorkType if one.value in self.text("type")}
        found = _first(words.TYPES, said)
        return frozenset(named or ({found} if found else set()))

    def _stays_open(self) -> frozenset[str]:
        """“cycling and walking stay open”, “frei für Rad und Fuß”."""
        said = plain(f"{self.text('effect')} {self.text('what')}")
        if not re.search(r"stay open|stays open|frei|offen|passable|aperto|ouvert", said):
            return frozenset()
        patterns = {
            "foot": r"walk|foot|pedestrian|fuss|pedon",
            "bicycle": r"cycl|bike|rad|bici|velo",
        }
        return frozenset(who for who, pattern in patterns.items() if re.search(pattern, said))

    def _description(self, title: str) -> dict[str, str]:
        parts = [self.text("what") if self.text("what") != title else "", self.text("section")]
        parts += [self.text("certainty"), self.text("source"), self.text("source_address")]
        text = ". ".join(part.rstrip(".") for part in parts if part)
        return {self.language: text[:10_000]} if text else {}


def _first(known: Sequence[tuple[Any, tuple[str, ...]]], text: str) -> Any:
    """The first kind one of whose words the text holds."""
    said = f" {plain(text)} {text.casefold()} "
    return next((kind for kind, some in known if any(word in said for word in some)), None)


def _streets(text: str) -> tuple[str, ...]:
    bare = re.sub(r"\(.*?\)|[\[\]\"]", "", text)  # also of a list: ["Hafenstraße"]
    parts = re.split(r"\s*(?:[;/,]|\band\b|\bund\b)\s*", bare)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))[:50]


def _of_wkb(shape: bytes) -> tuple[Line, bool]:
    import shapely

    found: Any = shapely.from_wkb(shape)
    if found.geom_type == "MultiLineString":
        found = max(found.geoms, key=lambda one: one.length)
    if found.geom_type == "LineString":
        return tuple((float(x), float(y)) for x, y in shapely.get_coordinates(found)), True
    centre = found.centroid
    return ((centre.x - _STUB, centre.y), (centre.x + _STUB, centre.y)), False


def owned(found: FromTable, owners: Mapping[str, PublisherId]) -> FromTable:
    """With owners by their ids or names, as people write them, in place of what was written."""
    return replace(
        found,
        works=tuple(
            replace(one, owner=owners.get(plain(one.owner), one.owner)) for one in found.works
        ),
    )
