"""A sheet as HTML: the body of the council page, and a file that stands alone.

Text is escaped here, all of it; there is no script, and no style but `council.css`.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path

from citycommons.measure.impact.sheet import Block, GoalRow, Item, Sheet

_WIDTH, _HEIGHT = 72, 18


@cache
def stylesheet() -> str:
    """The style sheet of statements; colours and fonts are the portal's where it has them."""
    return (Path(__file__).parent / "council.css").read_text(encoding="utf-8")


def fragment(sheet: Sheet, actions: str = "") -> str:
    """The sheet as one `article`; `actions` is markup that stands at its head, on screens only."""
    return (
        f'<article class="statement" lang="{sheet.language}">'
        f"{_head(sheet, actions)}"
        f'<div class="st-top">{"".join(_top(sheet))}</div>'
        f'<div class="st-middle">{_goals(sheet)}'
        f'<div class="st-side">{_datasets(sheet)}{_block(sheet.offer)}</div></div>'
        f"{_audit(sheet)}{_foot(sheet)}</article>"
    )


def document(sheet: Sheet, base: str) -> str:
    """The sheet as an HTML file that needs nothing else; its links lead to the portal `base`."""
    return (
        f'<!doctype html>\n<html lang="{sheet.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<base href="{escape(base)}/">'
        f"<title>{escape(sheet.title)}, {escape(sheet.period)}</title>"
        f"<style>{stylesheet()}</style></head>"
        f'<body class="st-alone"><main>{fragment(sheet)}</main></body></html>\n'
    )


def spark(values: Sequence[float], width: int = _WIDTH, height: int = _HEIGHT) -> str:
    """A line without axes that starts at zero; words beside it say the numbers."""
    if len(values) < 2:
        return ""
    low, high = min(0.0, *values), max(values) or 1.0
    step, span = width / (len(values) - 1), (high - low) or 1.0
    points = " ".join(
        f"{place * step:.1f},{height - 1.5 - (value - low) / span * (height - 3):.1f}"
        for place, value in enumerate(values)
    )
    return (
        f'<svg class="st-spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-hidden="true"><polyline points="{points}"/></svg>'
    )


def _head(sheet: Sheet, actions: str) -> str:
    state = f' <span class="st-state">{escape(sheet.state)}</span>' if sheet.state else ""
    return (
        f'<header class="st-head"><div><h1>{escape(sheet.title)}</h1>'
        f"<p>{escape(sheet.period)}, {escape(sheet.days)}{state}</p></div>{actions}</header>"
    )


def _top(sheet: Sheet) -> Iterator[str]:
    """Four columns; what is asked for stands below what was taken elsewhere."""
    for one in sheet.top:
        below = _block(sheet.demand) if one.id == "elsewhere" else ""
        yield f"<div>{_block(one)}{below}</div>"


def _how(text: str, how: str, about: str) -> str:
    # Many links say “measured”: who hears them one by one needs to hear of what.
    return (
        f'<a class="st-how" href="{escape(how)}">{escape(text)}'
        f'<span class="hide"> ({escape(about)})</span></a>'
    )


def _block(block: Block) -> str:
    items = "".join(_item(one) for one in block.items)
    links = "".join(
        f'<li><a href="{escape(path)}">{escape(words)}</a></li>'
        if path
        else f"<li>{escape(words)}</li>"
        for words, path in block.links
    )
    listed = f'<ul class="st-links">{links}</ul>' if links else ""
    return (
        f'<section class="st-block" id="{block.id}"><h2>{escape(block.title)}</h2>'
        f"<dl>{items}</dl>{listed}</section>"
    )


def _item(one: Item) -> str:
    note = f"<small>{escape(one.note)}</small>" if one.note else ""
    value = f'<span class="st-value">{escape(one.value)}</span> ' if one.value else ""
    kind = "st-lead" if one.is_lead else "st-item"
    return (
        f'<div class="{kind}"><dt>{escape(one.label)}</dt><dd><span class="st-fact">{value}'
        f"{_how(one.sure, one.how, one.ask)}{spark(one.series)}</span>{note}</dd></div>"
    )


def _goals(sheet: Sheet) -> str:
    from_words = "".join(_goal(one) for one in sheet.goals)
    heads = "".join(
        f'<th scope="col"{" class=n" if place in (1, 2, 3) else ""}>{escape(words)}</th>'
        for place, words in enumerate(sheet.goal_heads)
    )
    table = (
        f'<div class="st-wide" tabindex="0" role="region" aria-label="{escape(sheet.goals_title)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{from_words}</tbody></table></div>"
        if sheet.goals
        else ""
    )
    more = f' <a href="/goals">{escape(sheet.goals_title)}</a>'
    note = f"<p>{escape(sheet.goals_note)}{more}</p>" if sheet.goals_note else ""
    return (
        f'<section class="st-goals" id="goals"><h2>{escape(sheet.goals_title)}</h2>'
        f"{table}{note}</section>"
    )


def _goal(row: GoalRow) -> str:
    mark = f'<small class="st-mark">{escape(row.mark)}</small>' if row.mark else ""
    due = f"<small>{escape(row.due)}</small>" if row.due else ""
    arrow = {True: "st-good", False: "st-bad", None: ""}[row.is_good]
    way = f'<small class="{arrow}">{escape(row.way)}</small>' if row.way else ""
    return (
        f'<tr><th scope="row">{escape(row.title)}<small>{escape(row.indicator)} · '
        f"{escape(row.owner)}</small></th>"
        f'<td class="n">{escape(row.baseline)}</td><td class="n">{escape(row.now)}</td>'
        f'<td class="n">{escape(row.target)}{due}</td>'
        f'<td class="st-way">{spark(row.series)}{way}</td>'
        f"<td>{_how(row.claim or '–', row.how, row.ask)}{mark}</td></tr>"
    )


def _datasets(sheet: Sheet) -> str:
    heads = "".join(
        f'<th scope="col"{" class=n" if place else ""}>{escape(words)}</th>'
        for place, words in enumerate(sheet.dataset_heads)
    )
    rows = "".join(
        f'<tr><th scope="row"><a href="{escape(path)}">{escape(title)}</a></th>'
        f'<td class="n">{escape(here)}</td><td class="n">{escape(away)}</td></tr>'
        for title, path, here, away in sheet.datasets
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return (
        f'<section class="st-datasets" id="datasets"><h2>{escape(sheet.datasets_title)}</h2>'
        f"{table if rows else f'<p>{escape(sheet.datasets_note)}</p>'}</section>"
    )


def _audit(sheet: Sheet) -> str:
    pairs = "".join(
        f"<div><dt>{escape(question)}</dt><dd>{escape(answer)}</dd></div>"
        for question, answer in sheet.audit
    )
    return (
        f'<section class="st-audit" id="audit"><h2>{escape(sheet.audit_title)}</h2>'
        f"<dl>{pairs}</dl></section>"
    )


def _foot(sheet: Sheet) -> str:
    phrases = " ".join(
        f"<span><b>{escape(word)}</b> {escape(phrase)}</span>" for word, phrase in sheet.phrases
    )
    return (
        f'<footer class="st-foot"><p>{phrases}</p>'
        f"<p>{escape(sheet.digest_title)} <code>{sheet.digest}</code></p></footer>"
    )
