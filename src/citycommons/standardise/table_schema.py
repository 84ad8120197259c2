"""Frictionless Table Schema (v1 and v2), alone or inside a Data Package, as a plan."""

from collections.abc import Mapping, Sequence
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.types import Field, FieldRole, FieldType, Plan, Rule

_TYPES = {
    "string": FieldType.STRING,
    "number": FieldType.NUMBER,
    "integer": FieldType.INTEGER,
    "boolean": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "time": FieldType.TIME,
    "year": FieldType.INTEGER,
    "yearmonth": FieldType.STRING,
    "duration": FieldType.STRING,
    "geopoint": FieldType.STRING,
    "geojson": FieldType.STRING,
    "object": FieldType.STRING,
    "array": FieldType.STRING,
    "list": FieldType.STRING,
    "any": FieldType.STRING,
}
_ROLES = {
    FieldType.INTEGER: FieldRole.MEASURE,
    FieldType.NUMBER: FieldRole.MEASURE,
    FieldType.BOOLEAN: FieldRole.CATEGORY,
    FieldType.DATE: FieldRole.TIME,
    FieldType.DATETIME: FieldRole.TIME,
    FieldType.TIME: FieldRole.TIME,
}
_ORDERS = {"d": "day.month.year", "m": "month/day/year", "y": "year-month-day"}
_UNITS = ("unit", "unitCode", "unitOfMeasure")


def is_one(document: Mapping[str, Any]) -> bool:
    """Whether a JSON object is a Table Schema, or a Data Package with one inside."""
    if isinstance(document.get("fields"), list):
        return True
    resources = document.get("resources")
    return isinstance(resources, list) and any("schema" in one for one in resources)


def plan_of(document: Mapping[str, Any], table: str = "") -> Plan:
    """The schema's fields, and its constraints as rules. Raises `Invalid` for a wrong field."""
    schema = _schema(document, table)
    fields, rules, answers = [], [], {}
    keys = _names(schema.get("primaryKey"))
    for number, given in enumerate(schema.get("fields", ()), start=1):
        field = _field(given, number, keys)
        fields.append(field)
        rules += _rules(field.name, given.get("constraints") or {}, given)
        if order := _order(given):
            answers[f"date-order:{field.name}"] = order
    if keys:
        rules.append(Rule(kind="unique", columns=keys, reason="They are the key of the table."))
        rules += [Rule(kind="required", columns=(key,)) for key in keys]
    rules += [Rule(kind="unique", columns=_names(one)) for one in schema.get("uniqueKeys") or ()]
    rules += _references(schema.get("foreignKeys") or ())
    missing = schema.get("missingValues") or ()
    nulls = tuple(one["value"] if isinstance(one, dict) else str(one) for one in missing)
    return Plan(
        fields=tuple(fields),
        rules=tuple({_key(rule): rule for rule in rules}.values()),
        answers=answers,
        nulls=tuple(word for word in nulls if word),
    )


def role_of(kind: FieldType, is_key: bool = False, has_codes: bool = False) -> FieldRole:
    """What a declared column is for, by its type."""
    if is_key:
        return FieldRole.IDENTIFIER
    return FieldRole.CATEGORY if has_codes else _ROLES.get(kind, FieldRole.TEXT)


def _schema(document: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    if "fields" in document:
        return document
    found = [one for one in document["resources"] if isinstance(one.get("schema"), dict)]
    names = [str(one.get("name") or one.get("path")) for one in found]
    if table:
        found = [one for one, name in zip(found, names, strict=True) if name == table]
    if len(found) != 1:
        listed = ", ".join(names) or "none with a schema in it"
        raise Invalid(f"The Data Package holds several tables: {listed}. Say which one is meant.")
    schema: Mapping[str, Any] = found[0]["schema"]
    return schema


def _field(given: Any, number: int, keys: Sequence[str]) -> Field:
    if not isinstance(given, dict) or not given.get("name"):
        raise Invalid(f"Field {number} of the schema has no name. Give each field one.")
    kind = _TYPES.get(str(given.get("type") or "any"))
    if kind is None:
        raise Invalid(
            f"Field “{given['name']}” has the type “{given['type']}”, which Table Schema does not "
            f"know. It knows {', '.join(_TYPES)}.",
            field=given["name"],
        )
    has_codes = bool((given.get("constraints") or {}).get("enum") or given.get("categories"))
    return Field(
        name=given["name"],
        type=kind,
        role=role_of(kind, given["name"] in keys, has_codes),
        unit=str(next((given[name] for name in _UNITS if given.get(name)), "")),
        title=_text(given.get("title")),
        description=_text(given.get("description")),
        evidence="declared",
    )


def _rules(name: str, said: Mapping[str, Any], given: Mapping[str, Any]) -> list[Rule]:
    """Constraints of one field, and its categories."""
    rules = []
    if said.get("required"):
        rules.append(Rule(kind="required", columns=(name,)))
    if said.get("unique"):
        rules.append(Rule(kind="unique", columns=(name,)))
    for kind, ends in (
        ("range", ("minimum", "maximum")),
        ("length", ("minLength", "maxLength")),
    ):
        options = {
            end.replace("Length", "imum"): said[end] for end in ends if said.get(end) is not None
        }
        if options:
            rules.append(Rule(kind=kind, columns=(name,), options=options))
    if said.get("pattern"):
        rules.append(Rule(kind="pattern", columns=(name,), options={"pattern": said["pattern"]}))
    values = said.get("enum") or given.get("categories") or ()
    if values:
        labels = {
            str(one["value"]): str(one.get("label", one["value"]))
            for one in values
            if isinstance(one, dict) and "value" in one
        }
        options = {"values": list(labels) or [str(value) for value in values]}
        rules.append(
            Rule(
                kind="one-of",
                columns=(name,),
                options=options | ({"labels": labels} if labels else {}),
            )
        )
    return rules


def _references(keys: Sequence[Mapping[str, Any]]) -> list[Rule]:
    rules = []
    for key in keys:
        to = key.get("reference") or {}
        for ours, theirs in zip(_names(key.get("fields")), _names(to.get("fields")), strict=False):
            options = {"to": f"{to.get('resource', '')}.{theirs}"}
            if to.get("resource"):
                rules.append(Rule(kind="reference", columns=(ours,), options=options))
    return rules


def _order(given: Mapping[str, Any]) -> str:
    """In which order a format such as `%d/%m/%Y` writes day, month and year."""
    form = str(given.get("format") or "")
    if given.get("type") not in ("date", "datetime") or not form.startswith("%"):
        return ""
    return _ORDERS.get(form[1:2].lower(), "")


def _names(given: Any) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    return tuple(str(name) for name in given or ())


def _text(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {str(language): str(text) for language, text in given.items()}
    return {"und": str(given)} if given else {}


def _key(rule: Rule) -> tuple[str, tuple[str, ...]]:
    return rule.kind, rule.columns
