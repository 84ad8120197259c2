"""The table over any size: sorted, filtered and paged by its address, with or without script."""

from dataclasses import dataclass, replace
from typing import Any

from citycommons.core.errors import Invalid, TooMuch
from citycommons.core.types import Field, FieldType
from citycommons.share.open import Opened
from citycommons.share.query import PARAMETERS, Comparison, Condition, Query, parse_query
from citycommons.share.rows import Page, rows
from citycommons.understand.columns import NUMERIC, statistics_of
from citycommons.web.language import N_
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.sparks import distribution
from citycommons.web.view import Pairs, View

SIZE = 20
_OWN = ("_column", "_is", "_value", "lang")
_COMPARED = {
    Comparison.EQ: N_("is"),
    Comparison.NE: N_("is not"),
    Comparison.CONTAINS: N_("contains"),
    Comparison.GTE: N_("is at least"),
    Comparison.LTE: N_("is at most"),
    Comparison.GT: N_("is more than"),
    Comparison.LT: N_("is less than"),
    Comparison.IN: N_("is one of"),
    Comparison.ISNULL: N_("is empty"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader asked the table for: parameters of the address, and the query they mean."""

    pairs: Pairs
    query: Query
    error: str = ""


def asked(view: View, opened: Opened) -> Asked:
    """Read the address; what cannot be asked is said above the table, and all rows are shown."""
    pairs = tuple((k, v) for k, v in view.query if k not in _OWN and v != "")
    if view.get("_column"):
        comparison = view.get("_is") or Comparison.EQ
        value = view.get("_value") or ("true" if comparison == Comparison.ISNULL else "")
        name = f"{view.get('_column')}__{comparison}"
        pairs = (*((k, v) for k, v in pairs if k not in (name, "offset")), (name, value))
    try:
        pairs = tuple(pair for pair in pairs if pair[0] not in ("group", "aggregate"))
        return Asked(pairs, parse_query(pairs, opened.version.fields, limit=SIZE))
    except Invalid as error:
        query = parse_query((), opened.version.fields, limit=SIZE)
        return Asked((), query, error.message)


def table(view: View, opened: Opened, address: str, base: str) -> str:
    """The table as HTML; `address` is the page's, `base` the dataset's with its version."""
    return render(view, "table.html", t=shown(view, opened, address, base))


def shown(view: View, opened: Opened, address: str, base: str, kept: Pairs = ()) -> dict[str, Any]:
    """What a template shows of the table; `kept` goes on into the addresses it leads to."""
    wanted = asked(view, opened)
    try:
        page = rows(opened, wanted.query)
    except TooMuch as error:
        wanted = Asked((), parse_query((), opened.version.fields, limit=SIZE), error.message)
        page = rows(opened, wanted.query)
    wanted = replace(wanted, pairs=(*wanted.pairs, *kept))
    return _values(view, opened, wanted, page, address, base)


def _values(
    view: View, opened: Opened, wanted: Asked, page: Page, address: str, base: str
) -> dict[str, Any]:
    says = speaker(view)
    plain = View(settings=view.settings, language=view.language, path=address, query=wanted.pairs)
    part = f"{address}/table"
    known = statistics_of(opened.version)
    sorting = wanted.query.order[0] if wanted.query.order else None

    def head(field: Field) -> dict[str, Any]:
        is_sorted = sorting is not None and sorting.column == field.name
        descending = is_sorted and sorting is not None and sorting.descending
        order = field.name if descending or not is_sorted else f"-{field.name}"
        if not is_sorted and field.type in NUMERIC:
            order = f"-{field.name}"  # the largest first is what one looks for
        return {
            "name": field.name,
            "title": says.field_title(field),
            "kind": says.field_kind(field),
            "is_number": field.type in NUMERIC,
            "filterable": field.type is not FieldType.GEOMETRY,
            "sorted": ("descending" if descending else "ascending") if is_sorted else "",
            "href": ""
            if field.type is FieldType.GEOMETRY
            else plain.address(order=order, offset=""),
            "part": plain.address(part, order=order, offset=""),
            "dist": distribution(known.get(field.name)),
        }

    def place(offset: int | None) -> tuple[str, str]:
        if offset is None:
            return "", ""
        text = str(offset) if offset else ""
        return plain.address(offset=text), plain.address(part, offset=text)

    following, following_part = place(page.next_offset)
    before, before_part = place(page.previous_offset)
    return {
        "sentence": sentence(wanted.query, opened, page, says),
        "error": wanted.error,
        "clear": address + "#table",
        "is_empty_version": opened.version.rows == 0,
        "columns": [head(field) for field in page.fields],
        "comparisons": [(code.value, says._(words)) for code, words in _COMPARED.items()],
        "kept": [pair for pair in wanted.pairs if pair[0] != "offset"],
        "page": address,
        "lines": [
            [says.cell(value, field) for value, field in zip(line, page.fields, strict=True)]
            for line in page.rows
        ],
        "nothing": says._(N_("No row fits. Take a condition away."))
        if wanted.query.is_filtered
        else says._(N_("This version has no rows yet; its fields stand below.")),
        "range": _range(page, says),
        "next": following,
        "next_part": following_part,
        "previous": before,
        "previous_part": before_part,
        "exports": _exports(plain, wanted, base, says),
    }


def _range(page: Page, says: Says) -> str:
    if not page.table.num_rows:
        return says._(N_("0 rows"))
    return says._(N_("Rows {first} to {last} of {total}")).format(
        first=says.number(page.offset + 1),
        last=says.number(page.offset + page.table.num_rows),
        total=says.number(page.total),
    )


def _exports(plain: View, wanted: Asked, base: str, says: Says) -> list[tuple[str, str]]:
    found = [(says._(N_("as JSON")), plain.address(f"{base}/rows", offset=""))]
    if wanted.query.is_filtered:
        found.insert(
            0, (says._(N_("these rows as CSV")), plain.address(f"{base}/rows.csv", offset=""))
        )
    return found


def sentence(query: Query, opened: Opened, page: Page, says: Says) -> str:
    """The query as a sentence: “37 rows where Place is Neutor, largest Cyclists first.”"""
    titles = {field.name: says.field_title(field) for field in opened.version.fields}
    fields = {field.name: field for field in opened.version.fields}
    conditions = [
        _condition(one, titles[one.column], fields[one.column], says) for one in query.where
    ]
    if query.words:
        conditions.append(says._(N_("some text contains “{words}”")).format(words=query.words))
    if query.bbox:
        conditions.append(says._(N_("they lie within the box")))
    total = says.number(page.total)
    if conditions:
        text = says._(N_("{total} rows where {conditions}")).format(
            total=total, conditions=says._(N_(" and ")).join(conditions)
        )
    else:
        text = says._(N_("All {total} rows")).format(total=total)
    if query.order:
        one = query.order[0]
        how = N_("{text}, largest {column} first") if one.descending else N_("{text}, by {column}")
        text = says._(how).format(text=text, column=titles.get(one.column, one.column))
    return text + "."


def _condition(one: Condition, title: str, field: Field, says: Says) -> str:
    if one.comparison is Comparison.ISNULL:
        words = N_("{column} is empty") if one.value else N_("{column} is not empty")
        return says._(words).format(column=title)
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    shown = ", ".join(says.cell(value, field) for value in values)
    return f"{title} {says._(_COMPARED[one.comparison])} {shown}"


def is_plain(view: View) -> bool:
    """Whether the address asks the table for nothing in particular."""
    return not any(k in PARAMETERS or k not in ("lang",) for k, v in view.query if v)
