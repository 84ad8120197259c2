"""What an address asks for: the path to entities, and the `$` options (OGC 18-088, clause 9)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from citycommons.core.errors import Invalid, NotFound
from citycommons.share.expressions.odata import parse_filter, parse_orderby
from citycommons.share.expressions.tree import Column as PathOf
from citycommons.share.expressions.tree import Expression, Sorted, within
from citycommons.share.sensorthings.names import SETS, check_path, led_to, navigation

MOST_TOP = 10_000
DEFAULT_TOP = 100
MOST_SKIP = 2**62
MOST_EXPANDED = 40  # navigation properties in one question
MOST_NESTED = 8
DATA_ARRAY, CSV, GEOJSON = "dataArray", "CSV", "GeoJSON"
_FORMATS = {one.lower(): one for one in (DATA_ARRAY, CSV, GEOJSON)}
_OPTIONS = ("$filter", "$orderby", "$select", "$expand", "$top", "$skip", "$count", "$resultFormat")
_SEGMENT = re.compile(r"(?P<name>\$?[A-Za-z_@][\w.@\-]*)(?:\((?P<id>.*)\))?", re.DOTALL)
_LOST_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:?\d\d)(?!\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The `$` options of one set of entities."""

    filter: Expression | None = None
    orderby: tuple[Sorted, ...] = ()
    select: tuple[str, ...] = ()  # empty: all
    expand: tuple["Expand", ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    format: str = ""
    given: tuple[tuple[str, str], ...] = ()  # as they were written

    @property
    def page(self) -> int:
        """How many entities one answer holds at most."""
        return DEFAULT_TOP if self.top is None else min(self.top, MOST_TOP)


@dataclass(frozen=True, slots=True)
class Expand:
    """A navigation property that is written out, with options of its own."""

    name: str
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of a path: a set or a property, and the id in brackets, if there is one."""

    name: str
    id: str | None = None


def parse_path(path: str) -> tuple[Segment, ...]:
    """`Things('a')/Datastreams` → its segments. Raises `NotFound` for what is no such path."""
    found = []
    for part in _split(path.strip("/"), "/"):
        match = _SEGMENT.fullmatch(part)
        if match is None:
            raise NotFound(f"“{part[:60]}” is no part of a path, such as Things('id').")
        found.append(Segment(match["name"], None if match["id"] is None else _id(match["id"])))
    return tuple(found)


def _id(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


def _split(text: str, mark: str) -> list[str]:
    """The parts between marks that stand outside quotation marks and brackets."""
    parts, start, depth, is_quoted = [], 0, 0, False
    for place, sign in enumerate(text):
        if sign == "'":
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif sign == mark and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def parse_options(of: str, pairs: Iterable[tuple[str, str]], now: datetime) -> Options:
    """The options of an address over the set `of`; names without `$` other than resultFormat pass.

    Raises `Invalid` that names the option.
    """
    wanted = []
    for name, value in pairs:
        named = "$resultFormat" if name in ("resultFormat", "$resultformat") else name
        if named.startswith("$"):
            if not value.strip():
                continue  # forms send what nobody filled in
            wanted.append((named, _LOST_PLUS.sub(r"\1+\2", value)))
    return _options(of, wanted, now, [0], 0)


def _options(
    of: str, pairs: Sequence[tuple[str, str]], now: datetime, expanded: list[int], depth: int
) -> Options:
    found = Options(given=tuple(pairs))
    seen: set[str] = set()
    for name, value in pairs:
        if name not in _OPTIONS:
            raise Invalid(
                f"There is no option “{name[:40]}”. Options are: {', '.join(_OPTIONS)}.",
                parameter=name,
            )
        if name in seen:
            raise Invalid(f"“{name}” is given twice; give it once.", parameter=name)
        seen.add(name)
        found = _with(found, of, name, value.strip(), now, expanded, depth)
    return found


def _with(
    found: Options,
    of: str,
    name: str,
    value: str,
    now: datetime,
    expanded: list[int],
    depth: int,
) -> Options:
    match name:
        case "$filter":
            return replace(found, filter=_checked(of, parse_filter(value, now)))
        case "$orderby":
            items = parse_orderby(value, now)
            for one in items:
                _checked(of, one.expression)
            return replace(found, orderby=items)
        case "$select":
            return replace(found, select=_selected(of, value))
        case "$expand":
            return replace(found, expand=_expands(of, value, now, expanded, depth))
        case "$top":
            return replace(found, top=_whole(name, value))
        case "$skip":
            return replace(found, skip=_whole(name, value))
        case "$count":
            return replace(found, count=_flag(value))
    if value.lower() not in _FORMATS:
        raise Invalid(
            f"There is no result format “{value[:40]}”. There are: {', '.join(_FORMATS.values())}.",
            parameter=name,
        )
    return replace(found, format=_FORMATS[value.lower()])


def _checked(of: str, one: Expression) -> Expression:
    for part in within(one):
        if isinstance(part, PathOf):
            check_path(of, part.name)
    return one


def _selected(of: str, value: str) -> tuple[str, ...]:
    names = [one.strip() for one in value.split(",") if one.strip()]
    for name in names:
        if name not in ("id", "@iot.id", "@iot.selfLink", "selfLink", "*") and not led_to(of, name):
            check_path(of, name)
    return () if "*" in names else tuple(dict.fromkeys(names))


def _expands(
    of: str, value: str, now: datetime, expanded: list[int], depth: int
) -> tuple[Expand, ...]:
    if depth >= MOST_NESTED:
        raise Invalid(f"$expand is nested deeper than {MOST_NESTED}.", parameter="$expand")
    found: dict[str, Expand] = {}
    for item in filter(None, (part.strip() for part in _split(value, ","))):
        one = _expand(of, item, now, expanded, depth)
        found[one.name] = _merged(found[one.name], one) if one.name in found else one
    return tuple(found.values())


def _expand(of: str, item: str, now: datetime, expanded: list[int], depth: int) -> Expand:
    expanded[0] += 1
    if expanded[0] > MOST_EXPANDED:
        raise Invalid(f"$expand names more than {MOST_EXPANDED} things.", parameter="$expand")
    path, bracket, rest = item.partition("(")
    if bracket and not rest.endswith(")"):
        raise Invalid(f"$expand: “{item[:60]}” lacks a bracket.", parameter="$expand")
    name, _, deeper = path.strip().partition("/")
    target = led_to(of, name)
    if target is None:
        raise Invalid(
            f"$expand: {of} lead to no “{name[:60]}”; they lead to: {', '.join(navigation(of))}.",
            parameter="$expand",
        )
    if deeper:
        inner = deeper + bracket + rest
        nested = _expands(target[0], inner, now, expanded, depth + 1)
        return Expand(name, Options(expand=nested))
    pairs = [_pair(part) for part in _split(rest[:-1], ";") if part.strip()] if bracket else []
    return Expand(name, _options(target[0], pairs, now, expanded, depth + 1))


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.strip().partition("=")
    if not mark:
        raise Invalid(f"$expand: “{text[:60]}” is no option, such as $top=1.", parameter="$expand")
    return name.strip(), value


def _merged(one: Expand, other: Expand) -> Expand:
    known = {each.name: each for each in one.options.expand}
    for each in other.options.expand:
        known[each.name] = _merged(known[each.name], each) if each.name in known else each
    given = one.options if one.options.given else other.options
    return Expand(one.name, replace(given, expand=tuple(known.values())))


def _whole(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        raise Invalid(f"“{name}”: “{value[:40]}” is no whole number from 0.", parameter=name)
    return min(int(value), MOST_SKIP)


def _flag(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise Invalid(f"“$count”: “{value[:40]}” is neither true nor false.", parameter="$count")
    return value.lower() == "true"


def is_set(name: str) -> bool:
    """Whether this names a set of entities."""
    return name in SETS
