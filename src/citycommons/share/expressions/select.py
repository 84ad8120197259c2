"""One SQL `SELECT` over one table, read into a question: the allow-list is the grammar itself.

What PostgreSQL's users write to a DataStore is understood: columns, aggregates, `DISTINCT`,
`WHERE`, `GROUP BY`, `HAVING`, `ORDER BY`, `LIMIT`, `OFFSET`, casts, `[I]LIKE`, `IN`, `BETWEEN`.
There are no joins, subqueries, other statements, comments or functions but those named here;
nothing of the text ever becomes SQL, only the tree that was read from it does.

References
----------
PostgreSQL 15: SELECT. CKAN DataStore: datastore_search_sql.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from citycommons.core.errors import Invalid
from citycommons.share.expressions.select_tokens import Token, tokens
from citycommons.share.expressions.select_values import Values, name_of
from citycommons.share.expressions.tree import Expression, Literal, Named, Sorted, depth_of

MOST_DEPTH = 50  # of the tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A question as it was written; a star among `items` stands for all columns."""

    table: str
    items: tuple[Named | None, ...]  # None is the star
    is_distinct: bool = False
    where: Expression | None = None
    group_by: tuple[Expression, ...] = ()
    having: Expression | None = None
    order: tuple[Sorted, ...] = ()
    limit: int | None = None
    offset: int = 0


def parse(text: str) -> Select:
    """The question. Raises `Invalid` that says what is not read here."""
    found = _Clauses(tokens(text)).select()
    if any(depth_of(one) > MOST_DEPTH for one in _expressions(found)):
        raise Invalid(f"The question is nested deeper than {MOST_DEPTH}; write it flatter.")
    return found


def _expressions(one: Select) -> Iterator[Expression]:
    yield from (item.expression for item in one.items if item)
    yield from one.group_by
    yield from (item.expression for item in one.order)
    yield from (part for part in (one.where, one.having) if part is not None)


@dataclass(slots=True)
class _Clauses(Values):
    def select(self) -> Select:
        if not self.word("select"):
            raise Invalid("Only SELECT can be asked here.")
        is_distinct = bool(self.word("distinct"))
        begin = self.at
        self.skip_to_from()
        table = self.table()
        after, self.at = self.at, begin
        items = self.items()
        self.at = after
        where = self.expression() if self.word("where") else None
        group_by: list[Expression] = []
        if self.word("group"):
            self.must("by")
            group_by = self.listed()
        having = self.expression() if self.word("having") else None
        order = self.order() if self.word("order") else ()
        limit, offset = self.page()
        self.sign(";")
        if self.at < len(self.read):
            raise Invalid(f"“{self.seen()}” is not read here: ask one SELECT over one table.")
        return Select(
            table=table,
            items=items,
            is_distinct=is_distinct,
            where=where,
            group_by=tuple(self.meant(one, items) for one in group_by),
            having=having,
            order=tuple(
                Sorted(expression=self.meant(one.expression, items), descending=one.descending)
                for one in order
            ),
            limit=limit,
            offset=offset,
        )

    def skip_to_from(self) -> None:
        # The table is read first, for its names may stand before the columns'.
        deep = 0
        while self.at < len(self.read):
            token = self.read[self.at]
            deep += (token.text == "(") - (token.text == ")") if token.kind == "sign" else 0
            if deep == 0 and token == Token("word", "from"):
                self.at += 1
                return
            self.at += 1
        raise Invalid('FROM is missing: name one resource, such as FROM "counts-csv".')

    def table(self) -> str:
        name = self.name()
        self.names.add(name)
        if self.word("as") or self.is_name():
            self.names.add(self.name())
        if self.peek(","):
            raise Invalid("One table can be asked at once; there are no joins.")
        return name

    def items(self) -> tuple[Named | None, ...]:
        found: list[Named | None] = []
        while True:
            found.append(self.item())
            if not self.sign(","):
                break
        if not self.word("from"):
            raise Invalid(f"“{self.seen()}” is not read here, between SELECT and FROM.")
        return tuple(found)

    def item(self) -> Named | None:
        if self.sign("*"):
            return None
        if self.is_name() and self.read[self.at + 1 : self.at + 3] == [
            Token("sign", "."),
            Token("sign", "*"),
        ]:
            self.qualified()
            self.at += 2
            return None
        one = self.expression()
        alias = self.name() if self.word("as") or self.is_name() else name_of(one)
        return Named(name=alias, expression=one)

    def qualified(self) -> str:
        name = self.name()
        if name not in self.names:
            raise Invalid(f"There is no table “{name[:60]}” in this question.")
        return name

    def order(self) -> tuple[Sorted, ...]:
        self.must("by")
        found = []
        while True:
            one = self.expression()
            descends = bool(self.word("desc"))
            if not descends:
                self.word("asc")
            if self.word("nulls"):
                self.must("last")  # the only way there is
            found.append(Sorted(expression=one, descending=descends))
            if not self.sign(","):
                return tuple(found)

    def page(self) -> tuple[int | None, int]:
        limit, offset = None, 0
        for _ in range(2):
            if self.word("limit"):
                limit = None if self.word("all") else self.whole()
            elif self.word("offset"):
                offset = self.whole()
        return limit, offset

    def meant(self, one: Expression, items: tuple[Named | None, ...]) -> Expression:
        """A number stands for the item at that place."""
        if isinstance(one, Literal) and isinstance(one.value, int):
            at = items[one.value - 1] if 1 <= one.value <= len(items) else None
            if at is None:
                raise Invalid(f"There is no item {one.value} to sort or group by.")
            return at.expression
        return one
