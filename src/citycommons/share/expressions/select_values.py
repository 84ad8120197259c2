"""The expressions of a SQL question, read into the one tree.

References
----------
PostgreSQL 15: value expressions (4.2), operator precedence (4.1.6).
"""

from dataclasses import dataclass, field

from citycommons.core.errors import Invalid
from citycommons.share.expressions.select_tokens import Cursor, Token
from citycommons.share.expressions.tree import Call, Column, Expression, Literal, call

MOST_DEPTH = 40

_COMPARED = {"=": "eq", "<>": "ne", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_SUMS = {"+": "add", "-": "sub"}
_PRODUCTS = {"*": "mul", "/": "div", "%": "mod"}
_CALLED = {
    **{one: one for one in ("lower", "upper", "trim", "length", "concat", "abs", "round", "floor")},
    **{one: one for one in ("coalesce", "sum", "avg", "min", "max", "count", "median", "mod")},
    **{one: one for one in ("stddev_pop", "stddev_samp", "var_pop", "var_samp", "starts_with")},
    "btrim": "trim",
    "char_length": "length",
    "character_length": "length",
    "ceil": "ceiling",
    "ceiling": "ceiling",
    "power": "pow",
    "pow": "pow",
    "stddev": "stddev_samp",
    "variance": "var_samp",
}
_PARTS = {
    **{one: one for one in ("year", "month", "day", "hour", "minute", "second")},
    "dow": "day_of_week",
}
_TRUNCATED = {one: f"trunc_{one}" for one in ("year", "month", "day", "hour")}
_TEXT_TYPES = frozenset({"text", "varchar", "char"})
_WHOLE_TYPES = frozenset({"int", "integer", "bigint", "smallint", "int4", "int8"})
_NUMBER_TYPES = frozenset({"numeric", "decimal", "float", "float8", "real", "double"})
_TIME_TYPES = frozenset({"timestamp", "timestamptz", "time"})


@dataclass(slots=True)
class Values(Cursor):
    """Reads expressions, from the loosest binding to the tightest."""

    depth: int = 0
    names: set[str] = field(default_factory=set)  # by which columns may be qualified

    def expression(self) -> Expression:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise Invalid(f"The question is nested deeper than {MOST_DEPTH}; write it flatter.")
        parts = [self.both()]
        while self.word("or"):
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Call("or", tuple(parts))

    def both(self) -> Expression:
        parts = [self.negated()]
        while self.word("and"):
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else Call("and", tuple(parts))

    def negated(self) -> Expression:
        count = 0
        while self.word("not"):
            count += 1
        one = self.compared()
        return call("not", one) if count % 2 else one

    def compared(self) -> Expression:
        one = self.joined()
        while True:
            if self.word("is"):
                one = self.stated(one)
            elif sign := self.sign(*_COMPARED):
                one = call(_COMPARED[sign], one, self.joined())
            elif self.at + 1 < len(self.read) and self.peek_word(
                "not", "in", "like", "ilike", "between"
            ):
                is_not = bool(self.word("not"))
                found = self.tested(one)
                one = call("not", found) if is_not else found
            else:
                return one

    def stated(self, one: Expression) -> Expression:
        is_not = bool(self.word("not"))
        if self.word("null"):
            found = call("is_null", one)
        elif truth := self.word("true", "false"):
            found = call("coalesce", call("eq", one, Literal(truth == "true")), Literal(False))
        else:
            raise Invalid(f"IS is followed by NULL, TRUE or FALSE, not by “{self.seen()}”.")
        return call("not", found) if is_not else found

    def tested(self, one: Expression) -> Expression:
        if self.word("in"):
            self.must_sign("(")
            if self.peek_word("select"):
                raise Invalid("There are no questions within questions here.")
            found = self.listed()
            self.must_sign(")")
            return Call("in", (one, *found))
        if self.word("between"):
            first = self.joined()
            self.must("and")
            return call("between", one, first, self.joined())
        if kind := self.word("like", "ilike"):
            pattern = self.joined()
            if kind == "like":
                return call("like", one, pattern)
            return call("like", call("casei", one), call("casei", pattern))
        raise Invalid(f"“{self.seen()}” is not read here.")

    def joined(self) -> Expression:
        parts = [self.sum()]
        while self.sign("||"):
            parts.append(self.sum())
        return parts[0] if len(parts) == 1 else Call("concat", tuple(parts))

    def sum(self) -> Expression:
        one = self.product()
        while sign := self.sign(*_SUMS):
            one = call(_SUMS[sign], one, self.product())
        return one

    def product(self) -> Expression:
        one = self.signed()
        while sign := self.sign(*_PRODUCTS):
            one = call(_PRODUCTS[sign], one, self.signed())
        return one

    def signed(self) -> Expression:
        is_negative = False
        while sign := self.sign("-", "+"):
            is_negative ^= sign == "-"
        one = self.cast()
        if not is_negative:
            return one
        if isinstance(one, Literal) and isinstance(one.value, int | float):
            return Literal(-one.value)
        return call("neg", one)

    def cast(self) -> Expression:
        one = self.primary()
        while self.sign("::"):
            one = _cast(one, self.type())
        return one

    def type(self) -> str:
        name = self.name().lower()
        if name == "double":
            self.word("precision")
        if name in ("timestamp", "time") and self.word("with", "without"):
            self.must("time")
            self.must("zone")
        if self.sign("("):
            self.whole()
            if self.sign(","):
                self.whole()
            self.must_sign(")")
        return name

    def primary(self) -> Expression:
        if self.sign("("):
            if self.peek_word("select"):
                raise Invalid("There are no questions within questions here.")
            one = self.expression()
            self.must_sign(")")
            return one
        if self.at >= len(self.read):
            raise Invalid("The question ends too early.")
        token = self.read[self.at]
        if token.kind in ("number", "text"):
            self.at += 1
            return Literal(_value(token))
        if word := self.word("null", "true", "false"):
            return Literal({"null": None, "true": True, "false": False}[word])
        return self.named()

    def named(self) -> Expression:
        token, name = self.read[self.at], self.name()
        if token.kind == "word" and self.peek("("):
            return self.called(name.lower())
        if token.kind == "word" and name in (*_TIME_TYPES, "date") and self.is_text():
            self.at += 1
            return Literal(self.read[self.at - 1].text)
        if self.peek("."):
            if name not in self.names:
                raise Invalid(f"There is no table “{name[:60]}” in this question.")
            self.at += 1
            name = self.name()
        return Column(name)

    def called(self, name: str) -> Expression:
        self.must_sign("(")
        if name == "cast":
            one = self.expression()
            self.must("as")
            made = _cast(one, self.type())
            self.must_sign(")")
            return made
        if name == "extract":
            part = self.name()
            self.must("from")
            return self.part(part)
        if name == "count" and self.sign("*"):
            self.must_sign(")")
            return Call("count")
        if name == "count" and self.word("distinct"):
            name = "count_distinct"
        given = [] if self.peek(")") else self.listed()
        self.must_sign(")")
        return _function(name, given)

    def part(self, name: str) -> Expression:
        one = self.expression()
        self.must_sign(")")
        return _function("date_part", [Literal(name.lower()), one])

    def listed(self) -> list[Expression]:
        found = [self.expression()]
        while self.sign(","):
            found.append(self.expression())
        return found


def _value(token: Token) -> str | int | float:
    if token.kind == "text":
        return token.text
    if token.text.isdecimal() and len(token.text) < 19:
        return int(token.text)
    return float(token.text)


def name_of(one: Expression) -> str:
    if isinstance(one, Column):
        return one.name
    if isinstance(one, Call) and one.function in _CALLED:
        return one.function
    return "count" if isinstance(one, Call) and one.function == "count_distinct" else "?column?"


def _function(name: str, given: list[Expression]) -> Expression:
    if name in ("date_part", "date_trunc") and len(given) == 2 and isinstance(given[0], Literal):
        names = _PARTS if name == "date_part" else _TRUNCATED
        part = str(given[0].value).lower()
        if part not in names:
            raise Invalid(f"“{name}” knows {', '.join(names)}, not “{part[:40]}”.")
        return call(names[part], given[1])
    if name in ("substring", "substr") and len(given) in (2, 3):
        first = given[1]
        if not isinstance(first, Literal) or not isinstance(first.value, int):
            raise Invalid(f"“{name}” begins at a number, such as substring(name, 1, 3).")
        begin = Literal(first.value - 1)
        return Call(
            "substring_of" if len(given) == 3 else "substring", (given[0], begin, *given[2:])
        )
    if name == "count_distinct":
        return Call(name, tuple(given))
    if name not in _CALLED:
        raise Invalid(f"The function “{name[:60]}” cannot be called here.")
    return Call(_CALLED[name], tuple(given))


def _cast(one: Expression, kind: str) -> Expression:
    if kind in _TEXT_TYPES:
        return call("text", one)
    if kind in _NUMBER_TYPES:
        return call("number", one)
    if kind in _WHOLE_TYPES:
        return call("round", call("number", one))
    if kind == "date":
        return one if isinstance(one, Literal) else call("date", one)
    if kind in _TIME_TYPES:
        return one
    word = str(one.value).lower() if isinstance(one, Literal) else ""
    if kind in ("bool", "boolean") and word in ("t", "f", "true", "false"):
        return Literal(word.startswith("t"))
    raise Invalid(f"“{kind[:40]}” is no type that is cast to here.")
