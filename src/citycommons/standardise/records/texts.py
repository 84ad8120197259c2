"""Texts of catalogues as a reader sees them: without HTML, entities and remains of spreadsheets."""

import html
import re
from collections.abc import Iterable
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any

import orjson

_TAG = re.compile(
    r"</?(a|article|b|blockquote|br|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|script|section|"
    r"small|span|strong|style|sub|sup|table|tbody|td|th|thead|tr|u|ul)\b[^<>]*>",
    re.I,
)
_ENTITY = re.compile(r"&(#\d+|#x[0-9a-f]+|[a-z]{2,8});", re.I)
_LANGUAGES = {
    "eng": "en", "english": "en", "inglese": "en", "englisch": "en", "anglais": "en",
    "ita": "it", "italian": "it", "italiano": "it", "italienisch": "it", "italien": "it",
    "fra": "fr", "fre": "fr", "french": "fr", "français": "fr", "francese": "fr",
    "deu": "de", "ger": "de", "german": "de", "deutsch": "de", "tedesco": "de", "allemand": "de",
    "spa": "es", "nld": "nl", "dut": "nl", "por": "pt", "slv": "sl", "roh": "rm",
}  # fmt: skip


def plain_text(marked: str) -> str:
    """HTML as the text a reader sees: paragraphs, lists with hyphens, addresses after words."""
    reader = _Words()
    reader.feed(marked)
    reader.close()
    text = "".join(reader.parts).replace("\xa0", " ")
    text = re.sub(r"[ \t]+", " ", text)
    return re.sub(r" *\n *(\n *)+", "\n\n", re.sub(r" *\n *", "\n", text)).strip()


def cleaned(text: Any) -> str:
    """One text without HTML, entities and `_x000D_`; its own line breaks stay.

    Text that was escaped twice is read twice; `a < b` is no HTML and stays.
    """
    words = re.sub(r"_x000[dD]_", "", str(text)).replace("\r\n", "\n").replace("\xa0", " ")
    for _ in range(2):
        if _TAG.search(words):
            words = plain_text(words)
        elif _ENTITY.search(words):
            words = html.unescape(words).replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+(\n|$)", r"\1", words)).strip()


def line(text: Any) -> str:
    """The same in one line, for titles and names."""
    return " ".join(cleaned(text).split())


def texts(value: Any, language: str, *, is_line: bool = False) -> dict[str, str]:
    """Texts by language, from one text, from texts by language, or from such a thing as JSON."""
    clean = line if is_line else cleaned
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(orjson.JSONDecodeError):  # it may be a text that begins with a bracket
            value = orjson.loads(value)
    if isinstance(value, dict):
        pairs = [(language_of(str(tag)) or language, words) for tag, words in value.items()]
    else:
        pairs = [(language, value)]
    found: dict[str, str] = {}
    for tag, words in pairs:
        if words and (read := clean(words)):
            found.setdefault(tag, read)
    return found


def language_of(said: str) -> str:
    """`en` from `en-GB`, `ENG`, an address of the EU's table, or the language's name; or empty."""
    word = re.split(r"[/#]", said.strip().rstrip("/"))[-1].casefold()
    if word in _LANGUAGES:
        return _LANGUAGES[word]
    short = re.split(r"[-_]", word)[0]
    return short if re.fullmatch(r"[a-z]{2}", short) else ""


def strings(value: Any) -> list[str]:
    """The texts of a value that should be a list: a list, one text, or a list as JSON."""
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                return strings(orjson.loads(value))
            except orjson.JSONDecodeError:
                pass
        return [value] if value.strip() else []
    if isinstance(value, Iterable) and not isinstance(value, dict | bytes):
        return [str(one) for one in value if one not in (None, "")]
    return []


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._address = ""
        self._begun = 0
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in ("br", "tr"):
            self.parts.append("\n")
        elif tag in ("p", "ul", "ol", "div", "table", "h1", "h2", "h3", "h4"):
            self.parts.append("\n\n")
        elif tag == "a":
            self._address = html.unescape(dict(attrs).get("href") or "")
            self._begun = len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("p", "ul", "ol", "div", "h1", "h2", "h3", "h4"):
            self.parts.append("\n\n")
        elif tag == "a" and self._address:
            words = "".join(self.parts[self._begun :])
            if self._address.startswith(("http://", "https://")) and self._address not in words:
                self.parts.append(f" ({self._address})")
            self._address = ""

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))
