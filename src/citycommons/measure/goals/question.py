"""An indicator's question: one `SELECT` over the datasets it names, of a form that stays the same.

The allow-list is of the parsed tree, and closed: tables that are named, functions in
`functions.toml`, and kinds of nodes below. The database that runs it is locked besides
(`store.sandbox`), so that what this list should miss still reads nothing else.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from citycommons.core.errors import Invalid
from citycommons.core.goals import Indicator
from citycommons.store import sandbox

LONGEST = 20_000
MOST_DATASETS = 10
_MOST_NODES = 5_000
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE"})
_TABLES = frozenset(
    {"BASE_TABLE", "JOIN", "SUBQUERY", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION"}
)
_MODIFIERS = frozenset({"ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER"})
_ORDERS = frozenset({"ORDER_DEFAULT", "ASCENDING", "DESCENDING"})
_EXPRESSIONS = frozenset(
    {
        *("BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT"),
        *("FUNCTION", "LAMBDA", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR"),
        *("SUBQUERY", "WINDOW"),
    }
)
_SERIES = frozenset({"unnest", "range", "generate_series"})
# Words that DuckDB answers by itself where no column has the name: the clock and the user.
_ANSWERED = frozenset(
    {
        *("current_catalog", "current_database", "current_date", "current_role", "current_schema"),
        *("current_time", "current_timestamp", "current_user", "localtime", "localtimestamp"),
        *("session_user", "today", "user"),
    }
)


@cache
def functions() -> frozenset[str]:
    """Names of functions that a question may call."""
    text = files(__package__).joinpath("functions.toml").read_text("utf-8")
    lists: dict[str, list[str]] = tomllib.loads(text)
    return frozenset(name for names in lists.values() for name in names)


def faults(indicator: Indicator) -> list[str]:
    """Everything that keeps the question from being put, as sentences; empty if it can be."""
    if len(indicator.sql) > LONGEST:
        return [f"The question is longer than {LONGEST} characters."]
    if len(indicator.datasets) > MOST_DATASETS:
        return [f"An indicator asks up to {MOST_DATASETS} datasets."]
    try:
        statements = sandbox.parsed(indicator.sql)
    except Invalid as fault:
        return [fault.message]
    if len(statements) != 1:
        return ["An indicator is one question: end it without a second statement."]
    nodes = list(_nodes(statements[0]))
    if len(nodes) > _MOST_NODES:
        return ["The question is too long to be understood by a reader: ask for less."]
    named = _ctes(nodes)
    known = {str(id).casefold() for id in indicator.datasets}
    found = [words for node in nodes for words in _node(node, known | named)]
    asked = {_name(node) for node in nodes if node.get("type") == "BASE_TABLE"}
    found += [
        f"“{name}” is a dataset: call the part of the question otherwise." for name in known & named
    ]
    found += [
        f"The dataset “{id}” is named, but the question does not ask it."
        for id in indicator.datasets
        if str(id).casefold() not in asked
    ]
    return list(dict.fromkeys(found))


def asks_day(indicator: Indicator) -> bool:
    """Whether the answer depends on the day asked about."""
    nodes = _nodes(sandbox.parsed(indicator.sql))
    return any(node.get("class") == "PARAMETER" for node in nodes)


def check(indicator: Indicator) -> None:
    """Raise `Invalid` that says everything that keeps the question from being put."""
    if found := faults(indicator):
        raise Invalid(" ".join(found), column="sql")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _ctes(nodes: list[dict[str, Any]]) -> set[str]:
    maps = (node["cte_map"]["map"] for node in nodes if isinstance(node.get("cte_map"), dict))
    return {str(entry["key"]).casefold() for entries in maps for entry in entries}


def _name(node: dict[str, Any]) -> str:
    return str(node.get("table_name", "")).casefold()


def _node(node: dict[str, Any], tables: set[str]) -> Iterator[str]:
    if isinstance(node.get("class"), str):
        yield from _expression(node)
    elif not isinstance(kind := node.get("type"), str):
        pass  # a list's entry, or a constant's value
    elif "table_name" in node or "ref_type" in node or kind in _TABLES:
        yield from _table(node, tables)
    elif kind.endswith("_NODE"):
        if kind not in _QUERIES:
            yield "A question cannot go round in circles (recursive), or do anything but select."
    elif kind not in _MODIFIERS | _ORDERS and not kind.endswith("_TYPE_INFO"):
        yield f"“{kind.lower()[:40]}” is not for indicators."
    if node.get("sample") is not None:
        yield "A sample gives another number each time: ask for all rows."


def _expression(node: dict[str, Any]) -> Iterator[str]:
    kind = node["class"]
    if kind not in _EXPRESSIONS:
        yield f"“{kind.lower()[:40]}” is not for indicators."
    if kind in ("FUNCTION", "WINDOW"):
        yield from _function(node)
    if kind == "PARAMETER" and node.get("identifier") != "day":
        yield "The only parameter of an indicator is $day."
    names = node.get("column_names") or []
    if kind == "COLUMN_REF" and len(names) == 1 and str(names[0]).casefold() in _ANSWERED:
        yield f"“{names[0]}” changes by itself: name a column, or $day for the day asked about."


def _function(node: dict[str, Any]) -> Iterator[str]:
    name = str(node.get("function_name", "")).casefold()
    is_plain = node.get("schema", "") in ("", "main") and not node.get("catalog")
    if name not in functions() or not is_plain:
        yield f"The function “{name[:60]}” is not for indicators; docs/value/ledger.md lists those."


def _table(node: dict[str, Any], tables: set[str]) -> Iterator[str]:
    if node.get("type") not in _TABLES:
        yield f"“{str(node.get('type')).lower()[:40]}” is not for indicators."
    if node.get("type") == "BASE_TABLE":
        is_plain = not (
            node.get("schema_name") or node.get("catalog_name") or node.get("at_clause")
        )
        if _name(node) not in tables or not is_plain:
            yield f"“{_name(node)[:100]}” is none of the datasets that the indicator names."
    if node.get("type") == "TABLE_FUNCTION":
        called = node.get("function") or {}
        if str(called.get("function_name", "")).casefold() not in _SERIES:
            yield "Rows come from datasets: no function reads a file or an address."
