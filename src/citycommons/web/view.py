"""What a page must know of the request, in plain words and without a framework."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE, Actor, ActorKind
from citycommons.web.language import choose_language

__all__ = ["View", "choose_language"]

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Who reads which page, in which language."""

    settings: Settings
    actor: Actor = ANYONE
    language: str = "en"
    path: str = "/"
    query: Pairs = ()  # of the address, in its order, without `lang`
    csrf: str = ""
    url: str = ""  # scheme and host as readers see them, without a slash at the end
    status: int = 200

    @property
    def is_signed_in(self) -> bool:
        return self.actor.kind is not ActorKind.ANYONE

    def get(self, name: str, default: str = "") -> str:
        """The first value of a parameter."""
        return next((value for key, value in self.query if key == name), default)

    def address(
        self, path: str | None = None, *, without: Iterable[str] = (), **changed: str
    ) -> str:
        """This page's address with some parameters replaced (an empty text takes one away)."""
        gone = {*without, *changed}
        pairs = [(key, value) for key, value in self.query if key not in gone]
        pairs += [(key, value) for key, value in changed.items() if value]
        return (path or self.path) + (f"?{urlencode(pairs)}" if pairs else "")

    def absolute(self, path: str) -> str:
        """The address as one would cite it."""
        return (self.settings.public_url or self.url).rstrip("/") + path
