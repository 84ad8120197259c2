"""A statement as tables: CSV, and a package of all of them with its description, byte for byte.

References
----------
Data Package and Table Schema (Frictionless Data, v1); RFC 4180 (CSV).
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from citycommons.measure.impact.statement import Statement, body, canonical, digest
from citycommons.measure.impact.words import say

Row = Mapping[str, Any]
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_FIRST = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can say: the same at each making
_FIGURES = (
    *("id", "label", "value", "low", "high", "unit", "sureness", "rule", "as_of"),
    *("before", "year_before", "why", "query", "inputs", "address"),
)
_TABLES: dict[str, tuple[str, ...]] = {
    "figures": _FIGURES,
    "months": ("figure", "months_back", "value"),
    "goals": (
        *("id", "title", "owner", "indicator", "unit", "better", "baseline", "baseline_day"),
        *("now", "now_day", "target", "due", "claim", "grade", "changed_baselines", "query"),
        *("inputs", "is_public"),
    ),
    "datasets": ("id", "title", "here", "reported", "declared", "estimated"),
    "reuses": ("id", "title", "kind", "maker", "url", "created"),
    "stories": ("id", "title", "lead", "day"),
    "wishes": ("title", "count", "request"),
    "gaps": ("key", "count"),
}
_NUMBERS = frozenset(
    {"value", "low", "high", "before", "year_before", "baseline", "now", "target", "count"}
    | {"here", "reported", "declared", "estimated", "changed_baselines", "months_back"}
)


def figures_csv(one: Statement, language: str) -> bytes:
    """Every figure as a row, with its name in this language."""
    return _csv(_FIGURES, _rows(one, language)["figures"])


def package(one: Statement, language: str, base: str) -> bytes:
    """All tables, the statement itself and `datapackage.json`, as a ZIP; `base` is the portal."""
    rows = _rows(one, language)
    files = {f"{name}.csv": _csv(columns, rows[name]) for name, columns in _TABLES.items()}
    files["statement.json"] = canonical(body(one))
    files["datapackage.json"] = orjson.dumps(
        _description(one, language, base), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])
    return packed.getvalue()


def _rows(one: Statement, language: str) -> dict[str, list[Row]]:
    found, speak = body(one), say(language)
    rows: dict[str, list[Row]] = {name: list(found.get(name, ())) for name in _TABLES}
    rows["figures"] = [row | {"label": speak(row["id"])} for row in found["figures"]]
    rows["months"] = [
        {"figure": figure.id, "months_back": len(figure.series) - 1 - place, "value": value}
        for figure in one.figures
        for place, value in enumerate(figure.series)
    ]
    return rows


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(columns)
    for row in rows:
        out.writerow([_cell(row.get(name)) for name in columns])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """One cell; words that a spreadsheet would run as a formula are made words again."""
    if isinstance(value, Mapping):
        value = " | ".join(f"{tag}: {text}" for tag, text in sorted(value.items()))
    elif isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    elif isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_RISKY) else value
    return "" if value is None else value


def _description(one: Statement, language: str, base: str) -> dict[str, Any]:
    speak = say(language)
    title = speak("title", city=one.city)
    return {
        "profile": "tabular-data-package",
        "name": f"value-{one.scope.period.name.lower()}",
        "title": f"{title}, {speak.period(one.scope.period)}",
        "version": digest(one),
        "sources": [{"title": one.city, "path": f"{base}/value"}],
        "licenses": [
            {"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}
        ],
        "resources": [
            {
                "name": name,
                "path": f"{name}.csv",
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "schema": {
                    "fields": [
                        {"name": column, "type": "number" if column in _NUMBERS else "string"}
                        for column in columns
                    ]
                },
            }
            for name, columns in _TABLES.items()
        ],
    }
