"""The one seam: a plug is a class named in one line of entry point; built-ins use the same line."""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, runtime_checkable

from citycommons.core.errors import NotFound, Unavailable
from citycommons.core.types import Parcel


@runtime_checkable
class Connector(Protocol):
    """Kind `citycommons.connectors`: its fields are its options.

    A catalogue's connector says `brings: ClassVar = Brings.RECORDS`; without it parcels are tables.
    Fields that are no options but lent by the house: `client` (`collect.polite.Polite`), `since`
    (the cursor of the last parcel that was taken in), `progress`.
    """

    def fetch(self) -> Iterator[Parcel]:
        """Bring what is there, one parcel after the other."""
        ...


@runtime_checkable
class Face(Protocol):
    """Kind `citycommons.faces`: how another system's clients are answered; see `web/faces`."""

    def routes(self) -> list[Any]:
        """Route handlers of the web framework."""
        ...


@cache
def _found(kind: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"citycommons.{kind}")}


def names(kind: str) -> list[str]:
    """Names of the installed plugs of a kind: `connectors`, `formats`, `analyses`, `faces`."""
    return sorted(_found(kind))


def load(kind: str, name: str) -> Any:
    """The plug's class.

    Raises `NotFound` with the names there are, and `Unavailable` naming the package to install.
    """
    if (point := _found(kind).get(name)) is None:
        raise NotFound(f"No {kind} named “{name}”; installed are {', '.join(names(kind))}.")
    try:
        return point.load()
    except ImportError as cause:
        package = getattr(cause, "name", None) or point.value
        raise Unavailable(
            f"“{name}” needs the package {package}; install it with: pip install {package}"
        ) from cause
