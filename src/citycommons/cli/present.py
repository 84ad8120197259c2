"""Answers on the screen: plain columns for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


def print_json(value: Any) -> None:
    """The value, dataclasses included, as indented JSON."""
    plain = msgspec.to_builtins(value, enc_hook=str)
    print(json.dumps(plain, ensure_ascii=False, indent=2))


def print_columns(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows in aligned columns; numbers to the right."""
    body = list(rows)
    lines = [list(heading), *[[_cell(value) for value in row] for row in body]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heading))]
    right = [
        bool(body) and all(isinstance(row[i], int) for row in body) for i in range(len(widths))
    ]
    for line in lines:
        cells = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        )
        print("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f") if sys.stdout.isatty() else str(value)
    return "" if value is None else str(value)


def in_bytes(size: float) -> str:
    """A size in the unit that people read."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError


def note(text: str) -> None:
    """A remark beside the answer; it goes to stderr, so that the answer stays clean."""
    print(text, file=sys.stderr, flush=True)
