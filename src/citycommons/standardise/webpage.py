"""Tables of web pages, as old portals export them under the name .xls or .html.

Source: HTML Living Standard, section 4.9 (tables); only text is read, never a script.
"""

import codecs
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from citycommons.core.errors import NotFound, TooMuch
from citycommons.core.types import Choice, Question
from citycommons.standardise import foreign
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.gather import MOST_COLUMNS
from citycommons.standardise.grid import draft_of
from citycommons.standardise.oddities import Oddities
from citycommons.standardise.sniff import encoding_of

_MOST_BYTES = 128 << 20
_MOST_DOWN = 65_534  # rowspan, as the standard bounds it
_MOST_CELLS = 20_000_000
_CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_SILENT = frozenset(("script", "style", "template", "noscript", "select", "textarea"))
_SIGN_IN = re.compile(r"<input[^>]+type\s*=\s*[\"']?password", re.IGNORECASE)


class WebPage:
    """HTML with a table in it."""

    def recognises(self, source: Source) -> float:
        return 0.96 if foreign.is_page(source.head) else 0.0

    def read(self, source: Source) -> Draft:
        """The largest table, or the one that was asked for.

        Raises `Invalid` for a page without a table of data, `TooMuch` for one above the limits.
        """
        text, encoding = _text(source)
        page = _Page(source)
        page.feed(text)
        page.close()
        tables = [] if _SIGN_IN.search(text) else [t for t in page.done if t.is_data]
        if not tables:
            raise foreign.page_without_table(source)
        chosen, questions = _pick(tables, source)
        number = tables.index(chosen) + 1
        name = chosen.caption or f"table {number}"
        draft = draft_of(chosen.grid(), name, [], chosen.merged, Oddities(), source, is_one=True)
        draft.steps[:1] = [f"encoding {encoding}", f"table {number} of {len(tables)} on a web page"]
        if chosen.caption:
            draft.steps.append(f"the table is called “{chosen.caption}”"[:300])
        draft.questions = questions
        # A page shows texts: its numbers are written in the style of its language.
        draft.decimal, draft.is_workbook = "", False
        return draft


@dataclass(slots=True)
class _Table:
    rows: list[list[tuple[int, str]]] = field(default_factory=list)  # column and text
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    caption: str = ""
    has_table: bool = False  # another table inside: then it only arranges the page
    down: dict[int, int] = field(default_factory=dict)  # column: first row that is free again
    width: int = 0

    @property
    def is_data(self) -> bool:
        told = [len([text for _, text in row if text]) for row in self.rows]
        return not self.has_table and sum(count >= 2 for count in told) >= 2

    @property
    def size(self) -> int:
        return sum(len(row) for row in self.rows)

    def add(self, text: str, across: int, down: int) -> None:
        """Place a cell behind those before it and beside those that reach down from above."""
        at = len(self.rows) - 1
        column = 0
        if self.rows[at]:
            last = self.rows[at][-1][0]
            ends = [r for t, c, _, r in self.merged if t == at and c == last]
            column = (ends[-1] if ends else last) + 1
        while self.down.get(column, 0) > at:
            column += 1
        self.rows[at].append((column, text))
        self.width = max(self.width, column + across)
        if across > 1 or down > 1:
            self.merged.append((at, column, at + down - 1, column + across - 1))
        if down > 1:
            self.down.update({column + step: at + down for step in range(across)})

    def grid(self) -> list[list[str]]:
        cells = [[""] * self.width for _ in self.rows]
        for row, found in zip(cells, self.rows, strict=True):
            for column, text in found:
                row[column] = text
        return cells


class _Page(HTMLParser):
    """Collects the tables of a page; everything else is passed over."""

    def __init__(self, source: Source) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.open: list[_Table] = []
        self.done: list[_Table] = []
        self.silent = 0
        self.cells = 0
        self.words: list[str] | None = None
        self.link = ""
        self.spans = (1, 1)
        self.is_caption = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        if tag == "table":
            self._end_cell()
            for above in self.open:
                above.has_table = True
            self.open.append(_Table())
        if not self.open:
            return
        if tag == "tr":
            self._end_cell()
            self.open[-1].rows.append([])
        elif tag in ("td", "th"):
            self._end_cell()
            if not self.open[-1].rows:
                self.open[-1].rows.append([])
            said = dict(attrs)
            self.words, self.link, self.is_caption = [], "", False
            self.spans = (_span(said.get("colspan"), 1000), _span(said.get("rowspan"), _MOST_DOWN))
        elif tag == "caption":
            self.words, self.is_caption = [], True
        elif self.words is not None:
            self._inside(tag, dict(attrs), self.words)

    def _inside(self, tag: str, said: dict[str, str | None], words: list[str]) -> None:
        if tag == "br":
            words.append("\n")
        elif tag in ("p", "div", "li"):
            words.append(" ")
        elif tag == "img":
            words.append(said.get("alt") or "")
        elif tag == "a":
            self.link = self.link or said.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(self.silent - 1, 0)
        elif tag in ("td", "th", "tr", "caption"):
            self._end_cell()
        elif tag == "table" and self.open:
            self._end_cell()
            self.done.append(self.open.pop())

    def handle_data(self, data: str) -> None:
        if self.words is not None and not self.silent:
            self.words.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def close(self) -> None:
        super().close()
        self._end_cell()
        self.done += [table for table in reversed(self.open) if table not in self.done]
        self.open = []

    def _end_cell(self) -> None:
        if self.words is None or not self.open:
            return
        text = re.sub(r" *\n *", "\n", re.sub(r" {2,}", " ", "".join(self.words))).strip()
        self.words = None
        if self.is_caption:
            self.open[-1].caption, self.is_caption = text, False
            return
        table = self.open[-1]
        # A cell that is nothing but a link or a mark is told by where it leads.
        table.add(text or self.link, *self.spans)
        self.cells += self.spans[0]
        if self.cells > _MOST_CELLS or table.width > MOST_COLUMNS:
            raise TooMuch(
                f"{self.source.name} holds a table with more cells than are read. Deliver it as "
                "CSV."
            )


def _span(said: str | None, most: int) -> int:
    digits = re.match(r"\s*\+?(\d{1,9})", said or "")
    return min(max(int(digits[1]), 1), most) if digits else 1


def _text(source: Source) -> tuple[str, str]:
    if source.path.stat().st_size > min(_MOST_BYTES, source.most_bytes):
        raise TooMuch(
            f"{source.name} is a web page of more than {_MOST_BYTES >> 20} MB. Deliver its table "
            "as CSV."
        )
    encoding = encoding_of(source.path)
    said = _CHARSET.search(source.head)
    # What the page says counts where its bytes do not show it: eight bits a letter.
    if said and encoding in ("cp1252", "latin-1", "cp850", "mac-roman"):
        try:
            named = codecs.lookup(said[1].decode()).name
            if named not in ("utf-8", "iso8859-1"):
                return source.path.read_text(named), named
        except (LookupError, UnicodeError):
            pass
        else:
            encoding = "cp1252" if encoding != "latin-1" else encoding
    return source.path.read_text(encoding, errors="replace"), encoding


def _pick(tables: list[_Table], source: Source) -> tuple[_Table, list[Question]]:
    if source.table is not None:
        if not 1 <= source.table <= len(tables):
            raise NotFound(
                f"{source.name} has no table {source.table}; it has {len(tables)}, counted from "
                "above."
            )
        return tables[source.table - 1], []
    best = max(tables, key=lambda table: table.size)
    if len(tables) == 1:
        return best, []
    choices = tuple(
        Choice(
            value=str(number),
            title=(table.caption or " / ".join(t for _, t in table.rows[0]))[:200],
            evidence=f"{len(table.rows)} rows, {table.width} columns",
            fits=1.0 if table is best else 0.5 * table.size / best.size,
        )
        for number, table in enumerate(tables, start=1)
    )
    text = f"The page holds {len(tables)} tables. Which of them is meant?"
    return best, [Question(id="table:page", kind="table", text=text, choices=choices)]
