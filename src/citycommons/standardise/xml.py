"""XML with records in it: the element that repeats is a row, its names joined by dots."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Choice, Question
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.gather import MOST_COLUMNS, Gathered

_DEEPEST = 100
_LOOKED = 200_000  # elements that are looked at to find the records
_START = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<(?:\?xml|!--|[A-Za-z_])")
_WIDE = re.compile(rb"^(?:\xff\xfe)?<\x00\?\x00x\x00|^(?:\xfe\xff)?\x00<\x00\?\x00x")
_RIVAL = 0.3  # another repeated element with this share of the records' mass is asked about


@dataclass(slots=True)
class _Kind:
    """All elements at one path of the document."""

    count: int = 0
    mass: int = 0  # elements and attributes inside, all of them
    parents: int = 0
    is_leaf: bool = True
    has_attributes: bool = False
    children: list[str] = field(default_factory=list)


class Xml:
    """XML of any vocabulary that no other format knows."""

    def recognises(self, source: Source) -> float:
        head = source.head
        if not (_START.match(head) or _WIDE.match(head)):
            return 0.0
        return 0.7 if b"<?xml" in head[:100] or source.suffix == ".xml" else 0.3

    def read(self, source: Source) -> Draft:
        try:
            path, rivals = _wanted(source)
            return _draft(source, path, rivals)
        except DefusedXmlException as cause:
            raise Invalid(
                f"{source.name} declares entities or a document type, which is refused: such files "
                "can blow up or read what is not theirs. Export it without a DOCTYPE."
            ) from cause
        except (ParseError, ValueError, LookupError) as cause:
            line = getattr(cause, "position", (None,))[0]
            raise Invalid(
                f"{source.name} is broken XML: {cause}. Export it again.", line=line
            ) from cause


def _events(source: Source) -> Iterator[tuple[str, Element]]:
    with source.path.open("rb") as file:
        found: Iterator[tuple[str, Element]] = iterparse(
            file, events=("start", "end"), forbid_dtd=True
        )
        yield from found


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rsplit("}", 1)[-1]


def _wanted(source: Source) -> tuple[str, list[tuple[str, _Kind]]]:
    """The path that was asked for, or that of the heaviest repeated element; and its rivals."""
    kinds = _kinds(source)
    if asked := source.record_path.strip("/").replace(".", "/"):
        fit = [p for p in kinds if p == asked or p.endswith(f"/{asked}")]
        if not fit:
            shown = ", ".join(_candidates(kinds)[:5]) or "nothing that repeats"
            raise NotFound(f"{source.name} has no records at “{asked}”; it has {shown}.")
        return min(fit, key=len), []
    candidates = _candidates(kinds)
    if not candidates:
        return _single(kinds, source), []
    best = max(candidates, key=lambda path: kinds[path].mass)
    # A repeated wrapper without anything of its own (one <day> around many <count>) is no record.
    while inner := _core(best, kinds):
        best = inner
    rivals = [
        (p, kinds[p])
        for p in candidates
        if p != best
        and kinds[p].mass > _RIVAL * kinds[best].mass
        and not p.startswith(f"{best}/")
        and not best.startswith(f"{p}/")
    ]
    return best, rivals


def _kinds(source: Source) -> dict[str, _Kind]:
    kinds: dict[str, _Kind] = defaultdict(_Kind)
    stack: list[tuple[str, Element]] = []
    masses: list[int] = []
    siblings: list[set[str]] = []
    looked = 0
    for event, element in _events(source):
        if event == "start":
            _bounded(len(stack), source)
            path = f"{stack[-1][0]}/{local(element.tag)}" if stack else local(element.tag)
            kind = kinds[path]
            if len(kinds) > MOST_COLUMNS:
                raise Invalid(
                    f"{source.name} has more than {MOST_COLUMNS} kinds of elements; that is no "
                    "table. Deliver it as CSV."
                )
            kind.count += 1
            if siblings and path not in siblings[-1]:
                siblings[-1].add(path)
                kind.parents += 1
            if stack:
                above = kinds[stack[-1][0]]
                above.is_leaf = False
                if path not in above.children:
                    above.children.append(path)
            kind.has_attributes |= bool(element.attrib)
            stack.append((path, element))
            masses.append(1 + len(element.attrib))
            siblings.append(set())
            looked += 1
        else:
            path, _ = stack.pop()
            mass = masses.pop()
            siblings.pop()
            kinds[path].mass += mass
            if masses:
                masses[-1] += mass
            _forget(stack, element)
        if looked > _LOOKED:
            for (path, _), mass in zip(stack, masses, strict=True):
                kinds[path].mass += mass
            break
    return kinds


def _bounded(depth: int, source: Source) -> None:
    if depth > _DEEPEST:
        raise Invalid(
            f"{source.name} nests its elements more than {_DEEPEST} deep; that is no table. "
            "Deliver it as CSV."
        )


def _forget(stack: list[tuple[str, Element]], element: Element) -> None:
    element.clear()
    if stack:
        del stack[-1][1][:]


def _candidates(kinds: dict[str, _Kind]) -> list[str]:
    """Paths of elements that repeat below one parent and hold something to put into columns."""
    return [
        path
        for path, kind in kinds.items()
        if "/" in path and kind.count > kind.parents and (not kind.is_leaf or kind.has_attributes)
    ]


def _core(path: str, kinds: dict[str, _Kind]) -> str:
    """The one repeated element inside a wrapper that holds nothing else but attributes."""
    inside = kinds[path].children
    if len(inside) != 1:
        return ""
    only = kinds[inside[0]]
    is_record = not only.is_leaf or only.has_attributes
    return inside[0] if is_record and only.count >= 2 * only.parents else ""


def _single(kinds: dict[str, _Kind], source: Source) -> str:
    """Nothing repeats: leaves that repeat are rows of one value, else the root is the one row."""
    leaves = [p for p, kind in kinds.items() if kind.is_leaf and kind.count > kind.parents > 0]
    if leaves:
        return max(leaves, key=lambda path: kinds[path].count)
    root = next(iter(kinds), "")
    if not root or kinds[root].is_leaf:
        raise Invalid(f"{source.name} is XML without records. Deliver one element per row.")
    return max((p for p, kind in kinds.items() if not kind.is_leaf), key=lambda p: kinds[p].mass)


def _draft(source: Source, path: str, rivals: list[tuple[str, _Kind]]) -> Draft:
    rows = Gathered(source.name)
    stack: list[Element] = []
    names: list[str] = []
    inside = 0
    wanted = path.split("/")
    for event, element in _events(source):
        if event == "start":
            _bounded(len(stack), source)
            names.append(local(element.tag))
            stack.append(element)
            inside += names == wanted
            continue
        if names == wanted:
            record = _above(stack[:-1])
            record.update(_record(element))
            rows.add(record)
            inside -= 1
        names.pop()
        stack.pop()
        if not inside:
            _forget([("", above) for above in stack[-1:]], element)
    table = rows.table()
    if all(column.null_count == len(column) for column in table.columns):
        raise Invalid(
            f"{source.name} is XML without values: its elements are empty. Deliver one element "
            "per row, with values inside."
        )
    steps = [f"records taken from {path}"]
    questions = [_asked(path, rivals, rows.count)] if rivals else []
    return Draft(
        table=table,
        lines=lambda numbers: np.asarray(numbers) + 1,
        steps=steps,
        questions=questions,
        decimal=".",
    )


def _above(ancestors: list[Element]) -> dict[str, Any]:
    """Attributes of the elements around a record, which say of it what it does not say itself."""
    found: dict[str, Any] = {}
    for element in ancestors[1:]:
        for key, value in element.attrib.items():
            found[f"{local(element.tag)}.{local(key)}"] = value
    return found


def _record(element: Element) -> dict[str, Any]:
    value = _value(element, 0)
    return value if isinstance(value, dict) else {local(element.tag): value}


def _value(element: Element, depth: int) -> Any:
    """Text of a leaf, or a flat mapping of everything inside; repeated children become lists."""
    text = (element.text or "").strip()
    if not len(element) and not element.attrib:
        return text or None
    found: dict[str, Any] = {local(key): value for key, value in element.attrib.items()}
    groups: dict[str, list[Any]] = defaultdict(list)
    for child in element:
        groups[local(child.tag)].append(_value(child, depth + 1))
    for name, values in groups.items():
        if len(values) > 1:
            _put(found, name, values)
        elif isinstance(values[0], dict):
            for key, value in values[0].items():
                _put(found, f"{name}.{key}" if key else name, value)
        else:
            _put(found, name, values[0])
    if text:
        found["" if depth else local(element.tag)] = text
    return found


def _put(found: dict[str, Any], name: str, value: Any) -> None:
    while name in found:
        name += "_2"
    found[name] = value


def _asked(path: str, rivals: list[tuple[str, _Kind]], count: int) -> Question:
    choices = [Choice(value=path, title=path, evidence=f"{count} records", fits=1.0)]
    choices += [
        Choice(value=p, title=p, evidence=f"{kind.count} records", fits=_RIVAL)
        for p, kind in rivals
    ]
    return Question(
        id="table:xml",
        kind="table",
        text="Several kinds of elements repeat in this file. Which of them are the rows?",
        choices=tuple(choices),
    )
