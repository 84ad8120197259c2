"""Connector `mirror`: the same source, served from a local folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from citycommons.collect.archives import MOST_BYTES, unpack
from citycommons.collect.cache import Cache, digest_of
from citycommons.core.errors import Forbidden, Invalid, NotFound
from citycommons.core.types import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A file of a folder that holds copies of sources; `origin` is the address it stands for."""

    folder: Path
    path: str
    cache: Path  # where members of archives are unpacked
    origin: str = ""
    sha256: str = ""
    unpack: bool = False
    members: str = "*"
    most_unpacked_bytes: int = MOST_BYTES

    def fetch(self) -> Iterator[Parcel]:
        """The file, or the members of an archive in the order of their names.

        Raises `NotFound` if the folder does not hold it, `Forbidden` if the path leads out of the
        folder, and `Invalid` if it has another checksum than the declared one.
        """
        folder = self.folder.resolve()
        path = (folder / self.path).resolve()
        if not path.is_relative_to(folder):
            raise Forbidden(f"“{self.path}” leads out of the mirror. Name a file inside it.")
        if not path.is_file():
            raise NotFound(f"The mirror {self.folder} has no file {self.path}.", path=self.path)
        digest = digest_of(path)
        if self.sha256 and digest != self.sha256:
            raise Invalid(
                f"{self.path} in the mirror has the checksum {digest[:12]}…, declared is "
                f"{self.sha256[:12]}…. Renew the copy, or update the manifest.",
                path=self.path,
            )
        parcel = Parcel(
            path=path,
            name=path.name,
            origin=self.origin or path.as_uri(),
            received=datetime.fromtimestamp(path.stat().st_mtime, UTC),
            digest=digest,
        )
        if not self.unpack:
            yield parcel
            return
        into = Cache(self.cache).unpacked(digest)
        yield from unpack(parcel, into, members=self.members, most_bytes=self.most_unpacked_bytes)
