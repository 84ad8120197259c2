"""CSV on the Web metadata (W3C Recommendation of 17 December 2015) as a plan."""

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldType, Plan, Rule
from citycommons.standardise.checks import validate
from citycommons.standardise.table_schema import role_of

_WHOLE = (
    *("integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger"),
    *("nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort"),
    *("unsignedByte", "gYear", "gMonth", "gDay"),
)
_TYPES = {
    **dict.fromkeys(_WHOLE, FieldType.INTEGER),
    **dict.fromkeys(("decimal", "double", "float", "number"), FieldType.NUMBER),
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    **dict.fromkeys(("dateTime", "datetime", "dateTimeStamp"), FieldType.DATETIME),
    "time": FieldType.TIME,
}
_ENDS = {
    "nonNegativeInteger": {"minimum": 0},
    "positiveInteger": {"minimum": 1},
    "nonPositiveInteger": {"maximum": 0},
    "negativeInteger": {"maximum": -1},
    "byte": {"minimum": -128, "maximum": 127},
    "unsignedByte": {"minimum": 0, "maximum": 255},
    "short": {"minimum": -(2**15), "maximum": 2**15 - 1},
    "unsignedShort": {"minimum": 0, "maximum": 2**16 - 1},
    "int": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "unsignedInt": {"minimum": 0, "maximum": 2**32 - 1},
    "unsignedLong": {"minimum": 0},
}
_INHERITED = ("datatype", "required", "null", "lang", "separator")
_ORDERS = {"d": "day.month.year", "M": "month/day/year", "y": "year-month-day"}


def is_one(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object is CSVW metadata: of a table, a group of tables, or a schema."""
    return (
        "tableSchema" in document
        or "tables" in document
        or "csvw" in str(document.get("@context", ""))
    )


def plan_of(document: Mapping[str, Any], table: str = "") -> Plan:
    """The columns as fields, constraints as rules; columns are found by their titles.

    Raises `Invalid` where several tables are described and none is named by its `url`.
    """
    given = _table(document, table)
    schema = given.get("tableSchema") or {}
    if not isinstance(schema, dict):
        raise Invalid("The metadata only point to a schema. Deliver the schema with them.")
    language = _language(document)
    fields: list[Field] = []
    rules: list[Rule] = []
    renames: dict[str, str] = {}
    answers: dict[str, str] = {}
    nulls: set[str] = set()
    keys = _names(schema.get("primaryKey"))
    for number, column in enumerate(_objects(schema.get("columns")), start=1):
        if column.get("virtual"):
            continue
        said = {n: s[n] for s in (document, given, schema, column) for n in _INHERITED if n in s}
        titles = _titles(column.get("titles"), language)
        name = _text_of(column.get("name")) or next(iter(titles.values()), ("",))[0]
        name = name or f"_col.{number}"
        if any(name == field.name for field in fields):
            raise Invalid(f"The metadata name two columns “{name}”. Give each a name of its own.")
        for other in (title for many in titles.values() for title in many):
            if other != name:
                renames[other] = name
        base, options = _datatype(said.get("datatype"))
        kind = FieldType.STRING if said.get("separator") else _TYPES.get(base, FieldType.STRING)
        fields.append(
            Field(
                name=name,
                type=kind,
                role=role_of(kind, name in keys),
                unit=_one(column, "schema:unitCode", "unit", "qudt:unit", "unitCode"),
                title={tag: many[0] for tag, many in titles.items()},
                description=_text(column, language),
                evidence="declared",
            )
        )
        ends = {} if said.get("separator") else options
        rules += _rules(name, base, kind, ends, said.get("required") is True)
        if order := _order(kind, options.get("format")):
            answers[f"date-order:{name}"] = order
        nulls |= {word for word in _names(said.get("null")) if word}
    if keys:
        rules.append(Rule(kind="unique", columns=keys, reason="They are the key of the table."))
        rules += [Rule(kind="required", columns=(key,)) for key in keys]
    rules += _references(_objects(schema.get("foreignKeys")))
    return Plan(
        fields=tuple(fields),
        rules=tuple({(rule.kind, rule.columns): rule for rule in rules}.values()),
        renames=renames,
        answers=answers,
        nulls=tuple(sorted(nulls)),
    )


def _table(document: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    if "tables" not in document:
        if "columns" in document:
            return {"tableSchema": document}
        return document
    tables = list(_objects(document["tables"]))
    urls = [str(one.get("url", "")) for one in tables]
    if table:
        tables = [
            one for one, url in zip(tables, urls, strict=True) if url.rsplit("/", 1)[-1] == table
        ]
    if len(tables) != 1:
        raise Invalid(
            f"The metadata describe several tables: {', '.join(urls)}. Say which one is meant."
        )
    found: Mapping[str, Any] = tables[0]
    if "tableSchema" not in found and "tableSchema" in document:
        return {**found, "tableSchema": document["tableSchema"]}
    return found


def _datatype(given: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(given, dict):
        return str(given.get("base", "string")), given
    return str(given or "string"), {}


def _rules(
    name: str, base: str, kind: FieldType, said: Mapping[str, Any], is_required: bool
) -> list[Rule]:
    """Constraints of a column. Raises `Invalid` for those that nothing can meet."""
    rules = [Rule(kind="required", columns=(name,))] if is_required else []
    ends = dict(_ENDS.get(base, {})) | _ends(name, kind, said)
    if ends:
        rules.append(Rule(kind="range", columns=(name,), options=ends))
    lengths = {
        end: int(said[option])
        for end, options in (
            ("minimum", ("minLength", "length")),
            ("maximum", ("maxLength", "length")),
        )
        for option in options
        if isinstance(said.get(option), int)
    }
    if lengths.get("minimum", 0) > lengths.get("maximum", 1 << 60):
        raise Invalid(f"Column “{name}”: its shortest length is above its longest.", field=name)
    if lengths and kind is FieldType.STRING and base not in ("hexBinary", "base64Binary"):
        rules.append(Rule(kind="length", columns=(name,), options=lengths))
    if kind is FieldType.STRING and said.get("format") and base in ("string", "token"):
        rule = Rule(kind="pattern", columns=(name,), options={"pattern": said["format"]})
        with contextlib.suppress(Invalid):  # CSVW: a pattern that is none is not used
            validate(rule)
            rules.append(rule)
    return rules


def _ends(name: str, kind: FieldType, said: Mapping[str, Any]) -> dict[str, Any]:
    """The least and the greatest value, both of them allowed ones."""
    ends: dict[str, Any] = {}
    for end, step in (("minimum", 1), ("maximum", -1)):
        short = end[:3]
        for option in (end, f"{short}Inclusive", f"{short}Exclusive"):
            if said.get(option) is None:
                continue
            if kind in (FieldType.STRING, FieldType.BOOLEAN):
                raise Invalid(f"Column “{name}” is text; it has no {end}.", field=name)
            if end in ends:
                raise Invalid(f"Column “{name}” has two kinds of {end}; keep one.", field=name)
            value = _value(said[option], kind)
            ends[end] = _beside(value, step, kind) if option.endswith("Exclusive") else value
    if len(ends) == 2 and ends["minimum"] > ends["maximum"]:
        raise Invalid(f"Column “{name}”: its least value is above its greatest.", field=name)
    return ends


def _beside(value: Any, step: int, kind: FieldType) -> Any:
    """The next value above (or below): an end that is itself not allowed."""
    if kind is FieldType.INTEGER:
        return value + step
    if kind is FieldType.NUMBER:
        return math.nextafter(value, math.inf * step)
    if kind is FieldType.DATE:
        return (date.fromisoformat(value) + timedelta(days=step)).isoformat()
    if kind is FieldType.DATETIME:
        return (datetime.fromisoformat(value) + timedelta(microseconds=step)).isoformat()
    return value


def _value(value: Any, kind: FieldType) -> Any:
    if kind in (FieldType.INTEGER, FieldType.NUMBER) and isinstance(value, str):
        return float(value)
    return value


def _references(keys: Iterable[Mapping[str, Any]]) -> list[Rule]:
    rules = []
    for key in keys:
        to = next(_objects([key.get("reference")]), {})
        ours, theirs = _names(key.get("columnReference")), _names(to.get("columnReference"))
        place = str(to.get("resource") or to.get("schemaReference") or "")
        stem = place.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        for here, there in zip(ours, theirs, strict=False):
            if stem:
                options = {"to": f"{stem}.{there}"}
                rules.append(Rule(kind="reference", columns=(here,), options=options))
    return rules


def _order(kind: FieldType, form: Any) -> str:
    if kind not in (FieldType.DATE, FieldType.DATETIME) or not isinstance(form, str):
        return ""
    return _ORDERS.get(form[:1], "")


def _titles(given: Any, language: str) -> dict[str, tuple[str, ...]]:
    """Titles by language tag: a text, a list of them, or a map of either."""
    if isinstance(given, dict):
        return {str(tag): _names(many) for tag, many in given.items() if _names(many)}
    return {language: _names(given)} if _names(given) else {}


def _text(column: Mapping[str, Any], language: str) -> dict[str, str]:
    given = column.get("dc:description", column.get("dc:description@value"))
    given = column.get("rdfs:comment") if given is None else given
    if isinstance(given, dict):
        if "@value" in given:
            return {str(given.get("@language", language)): str(given["@value"])}
        return {str(tag): str(text) for tag, text in given.items()}
    return {language: str(given)} if given else {}


def _one(column: Mapping[str, Any], *names: str) -> str:
    for name in names:
        given = column.get(name)
        given = given.get("@value") if isinstance(given, dict) else given
        if given:
            return str(given)
    return ""


def _language(document: Mapping[str, Any]) -> str:
    context = document.get("@context")
    parts = context if isinstance(context, list) else [context]
    said = [part["@language"] for part in parts if isinstance(part, dict) and "@language" in part]
    return str(said[0]) if said else str(document.get("lang", "und"))


def _names(given: Any) -> tuple[str, ...]:
    """A text or a list of texts; what is neither says nothing (and is no error in CSVW)."""
    if isinstance(given, str):
        return (given,)
    return tuple(one for one in given if isinstance(one, str)) if isinstance(given, list) else ()


def _objects(given: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in given if isinstance(one, dict)) if isinstance(given, list) else iter(())


def _text_of(given: Any) -> str:
    return given if isinstance(given, str) else ""
