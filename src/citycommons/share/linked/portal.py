"""Whose catalogue it is: what a description says of the portal it stands in."""

from dataclasses import dataclass

from citycommons.core.settings import Settings
from citycommons.core.types import Bbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Portal:
    """The portal whose catalogue is told."""

    url: str  # without a slash at its end
    name: str = "City Commons"
    language: str = "en"
    contact: str = ""  # e-mail address for questions
    boundary: Bbox | None = None
    faces: frozenset[str] = frozenset()  # names of installed faces

    @property
    def is_italian(self) -> bool:
        """Whether DCAT-AP_IT's own classes are told too."""
        return self.language == "it"


def portal_of(settings: Settings, url: str, faces: list[str]) -> Portal:
    """The portal of a city, at this address."""
    return Portal(
        url=url,
        name=settings.name,
        language=settings.language,
        contact=settings.contact,
        boundary=settings.boundary,
        faces=frozenset(faces),
    )
