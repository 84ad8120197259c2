"""CQL2 text, read into the tree by recursive descent.

References
----------
OGC 21-065r2, Common Query Language (CQL2), annex B (BNF).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from citycommons.core.errors import Invalid
from citycommons.share.crs import WORLD, System
from citycommons.share.expressions import cql2_terms as terms
from citycommons.share.expressions.tree import Call, Column, Expression, Interval, Literal, call

_START = (
    ":_A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1ffe\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<text>'(?:[^'\\]|''|\\.)*')
    | (?P<quoted>"(?:[^"]|"")+")
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[{_START}][{_START}.0-9\u0300-\u036f\u203f-\u2040]*)
    | (?P<sign><>|<=|>=|[=<>+\-*/%^(),])
    )""",
    re.VERBOSE,
)
_SHAPES = frozenset(
    (
        *("point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"),
        "geometrycollection",
    )
)
_RESERVED = frozenset(
    (*("and", "or", "not", "like", "between", "in"), *("is", "null", "true", "false", "div"))
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "text", "quoted", "number", "name", "sign" or "end"
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """What it says, whatever the case, if it is a sign or a bare name."""
        return self.text.lower() if self.kind in ("name", "sign") else ""


def parse(text: str, system: System = WORLD) -> Expression:
    """The filter as an expression; coordinates in it are of `system`.

    Raises `Invalid` that says where it stops making sense.
    """
    if len(text) > terms.MOST_SIGNS:
        raise Invalid(f"The filter is longer than {terms.MOST_SIGNS} signs. Ask for less.")
    return _Parser(text, system).whole()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            raise Invalid(f"The filter cannot be read from “{rest[:30]}” on.")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind], match.start(kind), match.end()))
        place = match.end()
    return [*found, _Token("end", "", len(text), len(text))]


class _Parser:
    def __init__(self, text: str, system: System) -> None:
        self._text, self._system = text, system
        self._tokens = _tokens(text)
        self._place = self._depth = 0
        self._literals: Mapping[str, Callable[[], Expression]] = {
            "date": lambda: terms.day(self._one_text()),
            "timestamp": lambda: terms.moment(self._one_text()),
            "interval": self._interval,
            "bbox": self._box,
        }

    def whole(self) -> Expression:
        found = self._either()
        if self._now.kind != "end":
            raise self._unexpected("nothing more")
        return found

    @property
    def _now(self) -> _Token:
        return self._tokens[self._place]

    @property
    def _next(self) -> _Token:
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def _take(self, *words: str) -> str:
        """The next token if it is one of these words, else nothing."""
        if (word := self._now.word) and word in words:
            self._place += 1
            return word
        return ""

    def _must(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected(f"“{word.upper()}”")

    def _unexpected(self, wanted: str) -> Invalid:
        found = f"“{self._now.text[:30]}”" if self._now.kind != "end" else "the end"
        return Invalid(
            f"The filter makes no sense at sign {self._now.start + 1}: {wanted} was expected, "
            f"not {found}."
        )

    def _either(self) -> Expression:
        return self._joined("or", self._all)

    def _all(self) -> Expression:
        return self._joined("and", self._factor)

    def _joined(self, word: str, part: Callable[[], Expression]) -> Expression:
        self._depth += 1
        if self._depth > terms.MOST_DEPTH:
            raise Invalid(f"The filter is nested deeper than {terms.MOST_DEPTH}; write it flatter.")
        parts = [part()]
        while self._take(word):
            parts.append(part())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Call(word, tuple(parts))

    def _factor(self) -> Expression:
        count = 0
        while self._take("not"):
            count += 1
        found = self._predicate()
        return call("not", found) if count % 2 else found

    def _predicate(self) -> Expression:
        left = self._sum()
        if sign := self._take(*terms.COMPARISONS):
            return call(terms.COMPARISONS[sign], left, self._sum())
        if self._take("is"):
            is_not = self._take("not")
            self._must("null")
            return self._perhaps_not(is_not, call("is_null", left))
        is_not = self._take("not")
        if self._take("like"):
            return self._perhaps_not(is_not, call("like", left, self._sum()))
        if self._take("between"):
            low = self._sum()
            self._must("and")
            return self._perhaps_not(is_not, call("between", left, low, self._sum()))
        if self._take("in"):
            return self._perhaps_not(is_not, Call("in", (left, *self._listed())))
        if is_not:
            raise self._unexpected("LIKE, BETWEEN or IN")
        return left

    @staticmethod
    def _perhaps_not(is_not: str, found: Expression) -> Expression:
        return call("not", found) if is_not else found

    def _listed(self) -> tuple[Expression, ...]:
        """Expressions in parentheses, with commas."""
        self._must("(")
        if self._take(")"):
            return ()
        found = [self._either()]
        while self._take(","):
            found.append(self._either())
        self._must(")")
        return tuple(found)

    def _sum(self) -> Expression:
        return self._chain(terms.SUMS, self._product)

    def _product(self) -> Expression:
        return self._chain(terms.PRODUCTS, self._power)

    def _chain(self, signs: Mapping[str, str], part: Callable[[], Expression]) -> Expression:
        found, count = part(), 0
        while sign := self._take(*signs):
            count += 1
            if count > terms.MOST_DEPTH:
                raise Invalid(f"More than {terms.MOST_DEPTH} sums in a row; write it shorter.")
            found = call(signs[sign], found, part())
        return found

    def _power(self) -> Expression:
        found = self._signed()
        return call("pow", found, self._signed()) if self._take("^") else found

    def _signed(self) -> Expression:
        if self._take("+"):
            return self._operand()
        if not self._take("-"):
            return self._operand()
        found = self._operand()
        is_number = isinstance(found, Literal) and type(found.value) in (int, float)
        if is_number:
            return terms.negative(found)  # type: ignore[arg-type]
        return call("mul", Literal(-1), found)

    def _operand(self) -> Expression:
        token = self._now
        if token.kind == "number":
            self._place += 1
            return terms.number(token.text)
        if token.kind == "text":
            self._place += 1
            return Literal(_unquoted(token.text))
        if token.kind == "quoted":
            self._place += 1
            return Column(token.text[1:-1].replace('""', '"'))
        if token.word == "(":
            return self._grouped()
        if token.kind == "name":
            return self._named(token)
        raise self._unexpected("a value")

    def _grouped(self) -> Expression:
        """An expression in parentheses; with commas, or without anything, it is an array."""
        found = self._listed()
        return found[0] if len(found) == 1 else Call("array", found)

    def _named(self, token: _Token) -> Expression:
        word = token.word
        if word in ("true", "false"):
            self._place += 1
            return Literal(word == "true")
        if word in _RESERVED:
            raise self._unexpected("a value")
        if word in _SHAPES and self._next.word in ("(", "z", "m", "zm", "empty"):
            return terms.shape_of_wkt(self._well_known(), self._system)
        self._place += 1
        if self._now.word != "(":
            return Column(token.text)
        if word in self._literals:
            return self._literals[word]()
        return self._called(token.text, word)

    def _called(self, name: str, word: str) -> Expression:
        if word in terms.ARRAYS:
            return Call(terms.ARRAYS[word], self._arrays())
        arguments = self._listed()
        if word in terms.TEMPORAL:
            return Call(terms.TEMPORAL[word], arguments)
        known = word in terms.SPATIAL or word in terms.FOLDS
        # A function of the server's own keeps its name; that there is none is said later.
        return Call(word if known else f"{name}()", arguments)

    def _arrays(self) -> tuple[Expression, ...]:
        self._must("(")
        first = self._array()
        self._must(",")
        second = self._array()
        self._must(")")
        return first, second

    def _array(self) -> Expression:
        return Call("array", self._listed()) if self._now.word == "(" else self._sum()

    def _well_known(self) -> str:
        """The text of a geometry from its name to the parenthesis that closes it."""
        start, depth = self._now.start, 0
        while True:
            token = self._now
            if token.kind == "end":
                raise self._unexpected("“)”")
            self._place += 1
            depth += (token.word == "(") - (token.word == ")")
            if depth > 8:
                raise self._unexpected("a geometry")
            if depth == 0 and token.word in (")", "empty"):
                return self._text[start : token.end]

    def _one_text(self) -> str:
        self._must("(")
        found = self._text_literal()
        self._must(")")
        return found

    def _text_literal(self) -> str:
        token = self._now
        if token.kind != "text":
            raise self._unexpected("a text in quotation marks")
        self._place += 1
        return _unquoted(token.text)

    def _interval(self) -> Interval:
        self._must("(")
        start = self._edge()
        self._must(",")
        end = self._edge()
        self._must(")")
        return Interval(start, end)

    def _edge(self) -> Expression:
        return terms.edge(self._text_literal()) if self._now.kind == "text" else self._sum()

    def _box(self) -> Expression:
        numbers = []
        for one in self._listed():
            if not isinstance(one, Literal) or type(one.value) not in (int, float):
                raise Invalid("BBOX takes four or six numbers.")
            numbers.append(float(one.value))  # type: ignore[arg-type]
        return terms.shape_of_box(numbers, self._system)


def _unquoted(text: str) -> str:
    """The text between the marks: a mark itself is doubled or has a backslash before it."""
    return text[1:-1].replace("''", "'").replace("\\'", "'")
