"""One call of an action: who calls, with which parameters, and how they are read.

Parameters come from an address, a form or a JSON body, so a list may be a list, a JSON text, words
between commas, or one parameter given several times; each way is understood alike.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import orjson

from citycommons.core.errors import Invalid
from citycommons.core.types import Channel, Parcel
from citycommons.store.work import Work
from citycommons.web.running import RunningRequest

MOST_VALUES = 1_000


class Wrong(Invalid):
    """Some parameters cannot be used: messages by the parameter (CKAN's ValidationError)."""

    def __init__(self, **errors: str) -> None:
        text = "; ".join(f"{name}: {message}" for name, message in errors.items())
        super().__init__(text)
        self.errors = {name: [message] for name, message in errors.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; `data` are its parameters."""

    running: RunningRequest
    data: dict[str, Any]
    parcel: Parcel | None = field(default=None)  # an uploaded file, written aside

    def work(self, *, may_write: bool = False) -> AbstractContextManager[Work]:
        """A transaction in the name of who calls."""
        return self.running.work(may_write=may_write, channel=Channel.CKAN)

    @property
    def base(self) -> str:
        """The portal's address."""
        return self.running.url

    @property
    def language(self) -> str:
        """That of plain texts: the city's own, so that a harvest reads the same each time."""
        return self.running.city.settings.language

    def text(self, name: str, default: str = "") -> str:
        """A text. Raises `Wrong` for what is none."""
        value = self.data.get(name)
        if value is None:
            return default
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, bool | int | float):
            value = orjson.dumps(value).decode()
        if not isinstance(value, str):
            raise Wrong(**{name: "Must be a Unicode string value"})
        return value

    def needed(self, name: str) -> str:
        """A text that must be there."""
        if not (found := self.text(name).strip()):
            raise Wrong(**{name: "Missing value"})
        return found

    def whole(self, name: str, default: int, *, most: int = 2**31 - 1, least: int = 0) -> int:
        """A whole number, cut to `most`. Raises `Wrong`."""
        text = self.text(name).strip()
        if not text:
            return default
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise Wrong(**{name: "Invalid integer"})
        if int(text) < least:
            raise Wrong(**{name: "Must be a natural number"})
        return min(int(text), most)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false, in CKAN's many ways of saying so."""
        text = self.text(name).strip().lower()
        return text in ("true", "yes", "t", "y", "1", "on") if text else default

    def texts(self, name: str, *, by_space: bool = False) -> tuple[str, ...]:
        """Several texts. Raises `Wrong`."""
        value = self._parsed(name)
        if value is None or value == "":
            return ()
        if isinstance(value, str):
            parts = value.split() if by_space else value.split(",")
            return tuple(part.strip() for part in parts if part.strip())
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Wrong(**{name: "Not a list of strings"})
        if len(value) > MOST_VALUES:
            raise Wrong(**{name: f"More than {MOST_VALUES} values"})
        return tuple(value)

    def mapping(self, name: str) -> dict[str, Any]:
        """An object, as such or as JSON. Raises `Wrong`."""
        value = self._parsed(name)
        if value in (None, ""):
            return {}
        if not isinstance(value, dict):
            raise Wrong(**{name: "Cannot parse JSON"})
        return value

    def _parsed(self, name: str) -> Any:
        value = self.data.get(name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, str) and value.lstrip().startswith(("[", "{")):
            try:
                return orjson.loads(value)
            except orjson.JSONDecodeError:
                return value
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An action: what it does, and whether it may be asked for by GET."""

    run: Callable[[Call], object]
    reads: bool = True

    @property
    def help(self) -> str:
        """What `help_show` tells."""
        return (self.run.__doc__ or "").strip()


def written(*runs: Callable[[Call], object], reads: bool = True) -> dict[str, Act]:
    """Actions by their names, which are those of the functions."""
    return {run.__name__: Act(run=run, reads=reads) for run in runs}
