"""A source as typed into the form: options of any connector, secrets by name alone."""

import re
from collections.abc import Mapping
from typing import Any

from citycommons.collect.connect import Option, options_of
from citycommons.core.errors import Invalid
from citycommons.core.ids import slug
from citycommons.core.types import (
    Actor,
    DatasetId,
    Mode,
    PublisherId,
    Source,
    SourceId,
)
from citycommons.web.forms import FormBody

PREFIX = "option-"
_SECRET = re.compile(r"\s*secret:\s*(\w+)\s*")
_LONG = 4000


def source_of(form: FormBody, connector: str, actor: Actor, before: Source | None) -> Source:
    """The source as typed, but for its options; raises `Invalid` that names the input."""
    title = form.get("title")[:200]
    try:
        mode = Mode(form.get("mode") or Mode.REPLACE)
    except ValueError as cause:
        raise Invalid(
            "Choose what a delivery does to the rows there are.", column="mode"
        ) from cause
    dataset = form.get("dataset").lower()
    return Source(
        id=before.id if before else SourceId(slug(title)[:60] or slug(connector)),
        title=title,
        connector=connector,
        publisher=PublisherId(form.get("publisher")),
        owner=before.owner if before else actor.id,
        dataset=DatasetId(dataset) if dataset else None,
        mode=mode,
        every=form.get("every"),
        offset=_offset(form.get("every"), form.get("offset")),
        license=form.get("license") or "unspecified",
        attribution=form.get("attribution")[:500],
        with_data=form.has("with_data"),
        prefix=form.get("prefix")[:40],
        is_paused=before.is_paused if before else False,
    )


def _offset(every: str, offset: str) -> str:
    """An hour of the day means something to what runs by the day."""
    return offset if every.startswith("P") and not every.startswith("PT") else ""


def options(form: FormBody, connector: str) -> dict[str, Any]:
    """The options that were filled in; an empty input leaves the connector's own default."""
    found: dict[str, Any] = {}
    for one in options_of(connector):
        typed = form.raw(PREFIX + one.name).strip()[:_LONG]
        if one.type == "bool":
            if form.has(PREFIX + one.name) != bool(one.default):
                found[one.name] = form.has(PREFIX + one.name)
        elif typed:
            found[one.name] = _value(one, typed)
    return found


def _value(one: Option, typed: str) -> Any:
    if one.is_secret:
        return {"secret": typed.removeprefix("secret:").strip()}
    if found := _SECRET.fullmatch(typed):
        return {"secret": found[1]}
    if is_mapping(one):
        return _pairs(one, typed)
    if is_list(one):
        return [word.strip() for word in re.split(r"[,\n]", typed) if word.strip()]
    return typed


def _pairs(one: Option, typed: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        name, colon, value = line.partition(":")
        if not colon:
            raise Invalid(
                f"“{line}” is no pair. Write one on each line, as name: value.", column=one.name
            )
        secret = _SECRET.fullmatch(value)
        found[name.strip()] = {"secret": secret[1]} if secret else value.strip()
    return found


def is_mapping(one: Option) -> bool:
    return "Mapping" in one.type or "dict" in one.type


def is_list(one: Option) -> bool:
    return one.type.startswith(("tuple", "list", "frozenset")) or "Sequence" in one.type


def is_number(one: Option) -> bool:
    return one.type in ("int", "float")


def shown(value: Any) -> str:
    """An option as the form shows it again."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        if set(value) == {"secret"}:
            return str(value["secret"])
        return "\n".join(f"{name}: {_inner(one)}" for name, one in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(one) for one in value)
    return str(value)


def _inner(value: Any) -> str:
    is_secret = isinstance(value, Mapping) and set(value) == {"secret"}
    return f"secret: {value['secret']}" if is_secret else str(value)
