"""What query languages of the SQL family share: precedence, and the words between values.

From loosest to tightest: OR, AND, NOT, comparison (with IN, BETWEEN, LIKE, IS NULL), `+ - ||`,
`* / %`, sign, value. A language is a subclass that says how it spells (`Spelling`), what a name
and a call stand for, and what it compares in ways of its own.

References
----------
ISO/IEC 9075-2 (SQL Foundation), clauses 6.35, 8.2 to 8.8 and 6.39: the part all of them take over.
"""

import math
from collections.abc import Callable
from typing import ClassVar, NoReturn, TypeVar

from citycommons.core.errors import Invalid
from citycommons.share.expressions.names import Names
from citycommons.share.expressions.sql import MOST_DEPTH
from citycommons.share.expressions.tokens import Kind, Spelling, Token
from citycommons.share.expressions.tree import Call, Expression, Literal, call
from citycommons.share.expressions.values import fitted

COMPARED = {
    "=": "eq",
    "==": "eq",
    "!=": "ne",
    "<>": "ne",
    "<": "lt",
    "<=": "le",
    ">": "gt",
    ">=": "ge",
}
_SUMS = {"+": "add", "-": "sub", "||": "concat"}
_PRODUCTS = {"*": "mul", "/": "div", "%": "mod"}
_CONSTANTS = {"true": True, "false": False, "null": None}
_CASTS = {
    **dict.fromkeys(("text", "string", "varchar"), "text"),
    **dict.fromkeys(("number", "numeric", "double", "float", "integer", "int", "bigint"), "number"),
    **dict.fromkeys(("timestamp", "floating_timestamp", "fixed_timestamp"), "datetime"),
    "date": "date",
}


T = TypeVar("T")


class Grammar:
    """One text on its way to a tree; every method leaves the place behind what it read."""

    spelling: ClassVar[Spelling] = Spelling()
    what: ClassVar[str] = "question"  # as errors name it

    def __init__(self, text: str, names: Names) -> None:
        self.names = names
        self.aliases: dict[str, Expression] = {}  # names of computed columns, in lower case
        self._text = text
        self._tokens = self.spelling.tokens(text)
        self._place = 0
        self._depth = 0

    # What a language says of its own.

    def column(self, name: str, *, quoted: bool) -> Expression:
        """What a name stands for, aliases first. Raises `Invalid` if there is no such column."""
        found = self.aliases.get(name.lower())
        return found if found is not None else self.names.column(name)

    def called(self, name: str, arguments: tuple[Expression, ...]) -> Expression:
        """What a call stands for. Raises `Invalid` if there is no such function."""
        raise NotImplementedError

    def special(self) -> Expression | None:
        """A value that only this language writes; None if none begins here."""
        return None

    def also_compared(self, left: Expression) -> Expression | None:
        """A comparison that only this language has; None if none follows here."""
        return None

    def compared(self, function: str, left: Expression, right: Expression) -> Expression:
        """The comparison of two values; a literal beside a column is made to fit it."""
        return call(function, self._beside(left, right), self._beside(right, left))

    def _beside(self, one: Expression, other: Expression) -> Expression:
        field = self.names.field_of(other)
        return one if field is None else fitted(one, field)

    def cast(self, one: Expression, kind: str) -> Expression:
        """What `value::kind` means."""
        if (function := _CASTS.get(kind.lower())) is None:
            raise Invalid(f"There is no kind “{kind}” to cast to. Take {', '.join(_CASTS)}.")
        return call(function, one)

    def like(self, left: Expression, pattern: Expression) -> Expression:
        """What LIKE means; SQL's `%` and `_` unless a language says otherwise."""
        return call("like", left, pattern)

    # Looking at tokens.

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._place]

    def after_next(self) -> Token:
        """The token behind that; the last one is never passed."""
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, which is done with."""
        token = self.next
        if token.kind is not Kind.END:
            self._place += 1
        return token

    def takes_word(self, *words: str) -> bool:
        """Whether all these keywords follow one another; then they are done with."""
        following = self._tokens[self._place : self._place + len(words)]
        if len(following) < len(words) or not all(
            token.is_word(word) for token, word in zip(following, words, strict=True)
        ):
            return False
        self._place += len(words)
        return True

    def takes_sign(self, *signs: str) -> str:
        """The sign that follows, if it is one of these; then it is done with."""
        return self.take().text if self.next.is_sign(*signs) else ""

    def want_sign(self, sign: str) -> None:
        """Pass this sign. Raises `Invalid` if another thing follows."""
        if not self.takes_sign(sign):
            self.fail(f"“{sign}” was expected")

    def want_word(self, word: str) -> None:
        """Pass this keyword. Raises `Invalid` if another thing follows."""
        if not self.takes_word(word):
            self.fail(f"“{word.upper()}” was expected")

    def want_end(self) -> None:
        """Raises `Invalid` unless all was read."""
        if self.next.kind is not Kind.END:
            self.fail("the end was expected")

    def fail(self, why: str) -> NoReturn:
        """Raises `Invalid` that names the place."""
        token = self.next
        there = "its end" if token.kind is Kind.END else f"“{token.text[:30]}”"
        raise Invalid(
            f"In the {self.what}, at letter {token.at + 1}: {why}, but {there} stands there.",
            at=token.at + 1,
        )

    def listed(self, one: Callable[[], T]) -> tuple[T, ...]:
        """One or more of them, with commas between."""
        found = [one()]
        while self.takes_sign(","):
            found.append(one())
        return tuple(found)

    def whole_number(self) -> int:
        """A whole number from 0."""
        token = self.take()
        if token.kind is not Kind.NUMBER or not token.text.isdecimal() or len(token.text) > 18:
            self.fail("a whole number was expected")
        return int(token.text)

    # The ladder of precedence.

    def whole(self) -> Expression:
        """The text as one expression. Raises `Invalid` that names the place."""
        found = self.expression()
        self.want_end()
        return found

    def expression(self) -> Expression:
        """An expression of the loosest kind."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Invalid(f"The {self.what} is nested deeper than {MOST_DEPTH}; write it flatter.")
        found = self._joined("or", self._all)
        self._depth -= 1
        return found

    def _all(self) -> Expression:
        return self._joined("and", self._negated)

    def _joined(self, word: str, part: Callable[[], Expression]) -> Expression:
        parts = [part()]
        while self.takes_word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Call(word, tuple(parts))

    def _negated(self) -> Expression:
        times = 0
        while self.takes_word("not"):
            times += 1
        found = self._comparison()
        return call("not", found) if times % 2 else found

    def _comparison(self) -> Expression:
        left = self.sum()
        while True:
            found = self._one_comparison(left)
            if found is None:
                return left
            left = found

    def _one_comparison(self, left: Expression) -> Expression | None:
        if sign := self.takes_sign(*COMPARED):
            return self.compared(COMPARED[sign], left, self.sum())
        if self.takes_word("is"):
            is_not = self.takes_word("not")
            if self.next.is_word("true", "false"):
                wanted = Literal(self.take().text.lower() == "true")
                # What is unknown is neither: `x IS NOT TRUE` holds of it.
                known = call("coalesce", left, Literal(not wanted.value))
                return _unless(is_not, call("eq", known, wanted))
            self.want_word("null")
            return _unless(is_not, call("is_null", left))
        if (own := self.also_compared(left)) is not None:
            return own
        is_not = self.next.is_word("not") and self.after_next().is_word("in", "between", "like")
        if is_not:
            self.take()
        if self.takes_word("in"):
            return _unless(is_not, self.among(left))
        if self.takes_word("between"):
            return _unless(is_not, self._between(left))
        if self.takes_word("like"):
            return _unless(is_not, self.like(left, self.sum()))
        return None

    @property
    def at(self) -> int:
        """How many letters lie before the next token."""
        return self.next.at

    def since(self, at: int) -> str:
        """The text from there to the next token."""
        return self._text[at : self.next.at].strip()

    def among(self, left: Expression) -> Expression:
        """What follows IN."""
        self.want_sign("(")
        values = self.listed(self.expression)
        self.want_sign(")")
        one = [self.compared("eq", left, value) for value in values]
        if all(isinstance(each, Call) and each.function == "eq" for each in one):
            fitted = [each.arguments[1] for each in one if isinstance(each, Call)]
            return call("in", left, *fitted)
        return Call("or", tuple(one))

    def _between(self, left: Expression) -> Expression:
        low = self.compared("ge", left, self.sum())
        self.want_word("and")
        return call("and", low, self.compared("le", left, self.sum()))

    def sum(self) -> Expression:
        """Values with `+`, `-` and `||` between."""
        found = self._product()
        while sign := self.takes_sign(*_SUMS):
            found = call(_SUMS[sign], found, self._product())
        return found

    def _product(self) -> Expression:
        found = self._signed()
        while sign := self.takes_sign(*_PRODUCTS):
            found = call(_PRODUCTS[sign], found, self._signed())
        return found

    def _signed(self) -> Expression:
        times = 0
        while sign := self.takes_sign("-", "+"):
            times += sign == "-"
        found = self._value()
        while self.takes_sign("::"):
            found = self.cast(found, self.take().text)
        if times % 2 == 0:
            return found
        if isinstance(found, Literal) and isinstance(found.value, int | float):
            return Literal(-found.value)
        return call("neg", found)

    def _value(self) -> Expression:
        if (own := self.special()) is not None:
            return own
        if self.takes_sign("("):
            found = self.expression()
            self.want_sign(")")
            return found
        token = self.take()
        match token.kind:
            case Kind.NUMBER:
                return number(token.text)
            case Kind.TEXT:
                return Literal(token.text)
            case Kind.QUOTED:
                return self.column(token.text, quoted=True)
            case Kind.NAME if self.next.is_sign("(") and self.after_next().is_word("distinct"):
                return self._distinct(token.text.lower())
            case Kind.NAME if self.next.is_sign("("):
                return self.called(token.text.lower(), self.arguments())
            case Kind.NAME if token.text.lower() in _CONSTANTS:
                return Literal(_CONSTANTS[token.text.lower()])
            case Kind.NAME:
                return self.column(token.text, quoted=False)
        if token.kind is not Kind.END:
            self._place -= 1
        self.fail("a value was expected")

    def _distinct(self, name: str) -> Expression:
        self._place += 2
        found = self.expression()
        self.want_sign(")")
        if name != "count":
            self.fail("only count takes DISTINCT; the call ended")
        return call("count_distinct", found)

    def arguments(self) -> tuple[Expression, ...]:
        """What stands in the brackets of a call; `*` alone, as in count(*), is nothing."""
        self.want_sign("(")
        if self.takes_sign(")"):
            return ()
        if self.next.is_sign("*") and self.after_next().is_sign(")"):
            self._place += 2
            return ()
        found = self.listed(self.expression)
        self.want_sign(")")
        return found


def number(text: str) -> Literal:
    """A number as it is written; whole ones past 64 bits become such with a point."""
    if text.isdecimal() and len(text) < 19:
        return Literal(int(text))
    value = float(text)
    if not math.isfinite(value):
        raise Invalid(f"The number {text[:20]} is too large.")
    return Literal(value)


def _unless(is_not: bool, one: Expression) -> Expression:
    return call("not", one) if is_not else one
