"""What is wrong with a delivery, collected: the first faults one by one, all of them summed up."""

from collections.abc import Iterable

from citycommons.core.tables import Report
from citycommons.core.types import Fault

MOST = 10_000
LONGEST_VALUE = 500


class Faults:
    """Collects faults of one reading; memory is bounded however broken the file is."""

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self._sums: dict[tuple[str, str, bool], Fault] = {}
        self.rejected = 0

    @property
    def left(self) -> int:
        """How many more single faults are kept."""
        return MOST - len(self._kept)

    def add(
        self,
        rule: str,
        message: str,
        *,
        line: int | None = None,
        column: str = "",
        value: str = "",
        is_rejected: bool = False,
    ) -> None:
        """Note one fault; `is_rejected` says that its row never becomes data."""
        self.rejected += is_rejected
        if self.left > 0:
            where = ", ".join(
                part
                for part in (f"column “{column}”" if column else "", f"line {line}" if line else "")
                if part
            )
            self._kept.append(
                Fault(
                    rule=rule,
                    message=f"{where[:1].upper()}{where[1:]}: {message}" if where else message,
                    line=line,
                    column=column,
                    value=value[:LONGEST_VALUE],
                    is_rejected=is_rejected,
                )
            )
        self._sum(rule, message, column, value, is_rejected, 1)

    def add_many(
        self, rule: str, message: str, *, column: str, found: Iterable[tuple[int, str]], total: int
    ) -> None:
        """Note `total` flagged values of a column; `found` gives (line, value) of the first ones.

        The message may hold `{value}`.
        """
        noted = 0
        for line, value in found:
            shown = value if len(value) <= 80 else value[:79] + "…"
            self.add(rule, message.replace("{value}", shown), line=line, column=column, value=value)
            noted += 1
        if total > noted:
            self._sum(rule, message, column, "", False, total - noted)

    def _sum(
        self, rule: str, message: str, column: str, value: str, is_rejected: bool, count: int
    ) -> None:
        key = (rule, column, is_rejected)
        before = self._sums.get(key)
        self._sums[key] = Fault(
            rule=rule,
            message=before.message if before else message,
            column=column,
            value=before.value if before else value[:LONGEST_VALUE],
            is_rejected=is_rejected,
            count=count + (before.count if before else 0),
        )

    def report(self, steps: Iterable[str]) -> Report:
        """Everything found, as it travels with the table."""
        return Report(
            faults=tuple(self._kept),
            summary=tuple(sorted(self._sums.values(), key=lambda fault: -fault.count)),
            rejected=self.rejected,
            steps=tuple(steps),
        )
