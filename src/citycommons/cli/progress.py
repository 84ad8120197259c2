"""How far we are: a moving bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any

from citycommons.cli.present import in_bytes

_EVERY_S = 5.0


class Bar:
    """Progress of one thing; `update(done, total)` may be called as often as one likes."""

    def __init__(self, title: str, unit: str = "bytes") -> None:
        self._title = title
        self._unit = unit
        self._said = time.monotonic()
        self._rich: Any = None
        self._task: Any = None

    def __enter__(self) -> "Bar":
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[at]}"),
            )
            console = Console(stderr=True)
            self._rich = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
            self._task = self._rich.add_task(self._title, total=None, at="")
            self._rich.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._rich is not None:
            self._rich.stop()

    def update(self, done: int, total: int | None = None, title: str | None = None) -> None:
        """So much is done, of so much where that is known."""
        text = self._amount(done, total)
        if self._rich is not None:
            more = {} if title is None else {"description": title}
            self._rich.update(self._task, completed=done, total=total, at=text, **more)
        elif time.monotonic() - self._said > _EVERY_S:
            self._said = time.monotonic()
            print(f"{title or self._title}: {text}", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._rich is not None:
            self._rich.console.print(text, markup=False, highlight=False)
        else:
            print(text, file=sys.stderr, flush=True)

    def _amount(self, done: int, total: int | None) -> str:
        if self._unit == "bytes":
            return in_bytes(done) + (f" of {in_bytes(total)}" if total else "")
        return f"{done} of {total} {self._unit}" if total else f"{done} {self._unit}"
