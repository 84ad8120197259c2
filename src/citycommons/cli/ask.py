"""Questions on a terminal; a script that cannot be asked gives flags instead."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from citycommons.core.errors import CityError, Invalid

T = TypeVar("T")


def can_ask() -> bool:
    """Whether a person sits at the other end."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, default: str, read: Callable[[str], T]) -> T:
    """Ask until the answer can be read; an empty answer is the default."""
    while True:
        print(f"{question} [{default}]: " if default else f"{question}: ", end="", file=sys.stderr)
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise KeyboardInterrupt
        try:
            return read(line.strip() or default)
        except CityError as error:
            print(error.message, file=sys.stderr)


def password_from(given: str | None, file: str | None, *, whose: str) -> str | None:
    """The password given as a flag, in a file (`-` is stdin), or asked for twice on a terminal.

    None when there is none and nobody can be asked.
    """
    if given is not None:
        return given
    if file == "-":
        return sys.stdin.readline().rstrip("\n")
    if file is not None:
        try:
            return Path(file).read_text("utf-8").rstrip("\n")
        except OSError as cause:
            raise Invalid(f"The password file {file} cannot be read: {cause.strerror}.") from cause
    if not can_ask():
        return None
    while True:
        first = getpass.getpass(f"Password for {whose}: ")
        if first == getpass.getpass("Once more: "):
            return first
        print("The two differ.", file=sys.stderr)
