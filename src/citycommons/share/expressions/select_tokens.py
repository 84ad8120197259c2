"""The words and signs of a SQL question.

References
----------
PostgreSQL 15: lexical structure (4.1).
"""

import re
from dataclasses import dataclass

from citycommons.core.errors import Invalid

MOST_SIGNS = 20_000
MOST_TOKENS = 4_000

_TOKEN = re.compile(
    r"""(?P<space>\s+)
  | (?P<text>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")+")
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w])
  | (?P<word>[^\W\d]\w*)
  | (?P<sign>::|\|\||<>|!=|<=|>=|[-+*/%=<>(),.;])""",
    re.VERBOSE,
)
_REFUSED = ("--", "/*", "$", "\\")
_KEYWORDS = (
    "select distinct from where group having order limit offset as and or not in is null like "
    "ilike between true false asc desc union intersect except join on using case when then else "
    "end into for fetch window with"
)
_RESERVED = frozenset(_KEYWORDS.split())


@dataclass(frozen=True, slots=True)
class Token:
    """A `word` in small letters, a `name` in quotation marks, a `text`, a `number` or a `sign`."""

    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """All of them. Raises `Invalid` at the first sign that is not read here."""
    if len(text) > MOST_SIGNS:
        raise Invalid(f"The question has {len(text)} signs; {MOST_SIGNS} are the most.")
    found: list[Token] = []
    at = 0
    while at < len(text):
        one = _TOKEN.match(text, at)
        if one is None or text.startswith(_REFUSED, at):
            raise Invalid(f"The question cannot be read from “{text[at : at + 30]}” on.")
        at = one.end()
        kind = str(one.lastgroup)
        if kind != "space":
            found.append(Token(kind, _plain(kind, one[kind])))
        if len(found) > MOST_TOKENS:
            raise Invalid(f"The question has more than {MOST_TOKENS} words. Ask for less.")
    return found


def _plain(kind: str, text: str) -> str:
    if kind == "text":
        return text[1:-1].replace("''", "'")
    if kind == "name":
        return text[1:-1].replace('""', '"')
    return text.lower() if kind == "word" else text


@dataclass(slots=True)
class Cursor:
    """Where one reads in the tokens; what is taken is gone past."""

    read: list[Token]
    at: int = 0

    def seen(self) -> str:
        return self.read[self.at].text[:60] if self.at < len(self.read) else "the end"

    def is_text(self) -> bool:
        return self.at < len(self.read) and self.read[self.at].kind == "text"

    def is_name(self) -> bool:
        if self.at >= len(self.read):
            return False
        token = self.read[self.at]
        return token.kind == "name" or (token.kind == "word" and token.text not in _RESERVED)

    def name(self) -> str:
        if not self.is_name():
            raise Invalid(f"A name was expected, not “{self.seen()}”.")
        self.at += 1
        return self.read[self.at - 1].text

    def whole(self) -> int:
        if self.at < len(self.read) and self.read[self.at].kind == "number":
            text = self.read[self.at].text
            if text.isdecimal() and len(text) < 10:
                self.at += 1
                return int(text)
        raise Invalid(f"A whole number was expected, not “{self.seen()}”.")

    def word(self, *words: str) -> str:
        if self.peek_word(*words):
            self.at += 1
            return self.read[self.at - 1].text
        return ""

    def peek_word(self, *words: str) -> bool:
        if self.at >= len(self.read):
            return False
        return self.read[self.at].kind == "word" and self.read[self.at].text in words

    def must(self, word: str) -> None:
        if not self.word(word):
            raise Invalid(f"{word.upper()} was expected, not “{self.seen()}”.")

    def sign(self, *signs: str) -> str:
        if self.at < len(self.read) and self.peek(*signs):
            self.at += 1
            return self.read[self.at - 1].text
        return ""

    def peek(self, *signs: str) -> bool:
        if self.at >= len(self.read):
            return False
        return self.read[self.at].kind == "sign" and self.read[self.at].text in signs

    def must_sign(self, sign: str) -> None:
        if not self.sign(sign):
            raise Invalid(f"“{sign}” was expected, not “{self.seen()}”.")
