"""Forms as handlers read them: one value, several values, files; what was typed is kept."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.di import NamedDependency, Provide

_CHUNK = 1 << 20


class FormBody:
    """The body of a posted form."""

    def __init__(self, pairs: FormMultiDict) -> None:
        self._pairs = pairs

    def get(self, name: str, default: str = "") -> str:
        """The first value, without blanks around it; a file is no value."""
        found = self._pairs.get(name)
        return found.strip() if isinstance(found, str) else default

    def raw(self, name: str) -> str:
        """The first value as typed: a password may begin with a blank."""
        found = self._pairs.get(name)
        return found if isinstance(found, str) else ""

    def all(self, name: str) -> list[str]:
        """All values of one name, in their order."""
        return [value for value in self._pairs.getall(name, []) if isinstance(value, str)]

    def has(self, name: str) -> bool:
        return name in self._pairs

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file; None when none was chosen."""
        found = self._pairs.get(name)
        return found if isinstance(found, UploadFile) and found.filename else None

    def starting(self, prefix: str) -> dict[str, str]:
        """Values whose names begin so, by the rest of the name."""
        return {
            name.removeprefix(prefix): self.get(name)
            for name in dict.fromkeys(self._pairs.keys())
            if name.startswith(prefix)
        }


def chunks(file: UploadFile) -> Iterator[bytes]:
    """The file's bytes, piece by piece."""
    while chunk := file.file.read(_CHUNK):
        yield chunk


async def _form(request: Request[Any, Any, Any]) -> FormBody:
    return FormBody(await request.form())


Form: TypeAlias = NamedDependency[FormBody]
"""What a handler writes to get it injected."""

WITH_FORM = {"form": Provide(_form)}
"""For a handler: `dependencies=WITH_FORM`, and a parameter `form: Form`."""
