"""Text of a query language as tokens: names, texts, numbers and signs, each with its place."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from citycommons.core.errors import Invalid

MOST_SIGNS = 100_000  # letters of one question: a polygon of a city's border has 50 000
MOST_TOKENS = 10_000
_ESCAPED = re.compile(r"\\([\\'\"`/ntr])")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


class Kind(StrEnum):
    """What a token is."""

    NAME = "name"
    QUOTED = "quoted"  # a name in the language's quotation marks, which no keyword is
    TEXT = "text"
    NUMBER = "number"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `text` is without quotation marks."""

    kind: Kind
    text: str
    at: int  # letters before it

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, whatever its case."""
        return self.kind is Kind.NAME and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind is Kind.SIGN and self.text in signs


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How a language writes its tokens; a quotation mark within is doubled, or escaped by `\\`."""

    texts: str = "'"  # quotation marks around texts
    names: str = '"'  # quotation marks around names
    name: str = r"[^\W\d]\w*"
    signs: tuple[str, ...] = ("<=", ">=", "<>", "!=", "||", *"=<>+-*/%(),")
    has_escapes: bool = False  # `\'` within a text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        escaped = r"|\\." if self.has_escapes else ""
        not_it = r"\\" if self.has_escapes else ""

        def quoted(marks: str) -> str:
            return "|".join(f"{m}(?:[^{m}{not_it}]|{m}{m}{escaped})*+{m}" for m in marks)

        signs = "|".join(re.escape(one) for one in sorted(self.signs, key=len, reverse=True))
        return re.compile(
            rf"(?P<space>\s+)|(?P<text>{quoted(self.texts)})|(?P<quoted>{quoted(self.names)})"
            r"|(?P<number>\d++(?:\.\d++)?(?:[eE][+-]?\d++)?+|\.\d++(?:[eE][+-]?\d++)?+)"
            rf"|(?P<name>{self.name})|(?P<sign>{signs})",
            re.DOTALL,
        )

    def tokens(self, text: str) -> tuple[Token, ...]:
        """The tokens of a text, END last.

        Raises `Invalid` that names the first place that cannot be read.
        """
        if len(text) > MOST_SIGNS:
            raise Invalid(f"The question has {len(text)} letters; {MOST_SIGNS} are the most.")
        found: list[Token] = []
        at = 0
        while at < len(text):
            one = self._pattern.match(text, at)
            if one is None:
                raise Invalid(f"Cannot read “{text[at : at + 20]}” at letter {at + 1}.", at=at + 1)
            at = one.end()
            if one.lastgroup != "space":
                found.append(self._token(Kind(str(one.lastgroup)), one[0], one.start()))
            if len(found) > MOST_TOKENS:
                raise Invalid(f"The question has more than {MOST_TOKENS} words and signs.")
        return (*found, Token(Kind.END, "", len(text)))

    def _token(self, kind: Kind, raw: str, at: int) -> Token:
        if kind not in (Kind.TEXT, Kind.QUOTED):
            return Token(kind, raw, at)
        inner = raw[1:-1].replace(raw[0] * 2, raw[0])
        if self.has_escapes:
            inner = _ESCAPED.sub(lambda found: _LETTERS.get(found[1], found[1]), inner)
        return Token(kind, inner, at)
