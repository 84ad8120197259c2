"""Città Ideale: the seeded teaching city, invented from its walls to its weather."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from citycommons.core.errors import Invalid, NotFound
from citycommons.core.types import Digest, Parcel

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ideal:
    """The files of Città Ideale, the same bytes for a seed on every run.

    The first fetch builds them into `folder` (some seconds); later ones find them there.
    """

    folder: Path
    seed: int = 2018
    file: str = ""  # bring only the file of this name

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 1 << 32:
            raise Invalid(f"The seed {self.seed} is none; give one from 0 to {(1 << 32) - 1}.")

    @property
    def truth_path(self) -> Path:
        """The key of what is planted; written last, so that where it stands all files stand."""
        return self.folder / "truth.json"

    def fetch(self) -> Iterator[Parcel]:
        """Bring every file in order of name, or `file` alone."""
        files = self._built()
        if self.file and self.file not in files:
            raise NotFound(f"Città Ideale has no file “{self.file}”; it has {', '.join(files)}.")
        for name in [self.file] if self.file else sorted(files):
            path = self.folder / name
            yield Parcel(
                path=path,
                name=name,
                media_type=MEDIA_TYPES[path.suffix],
                origin=f"ideal:{self.seed}/{name}",
                received=datetime.now(UTC),
                digest=Digest(files[name]),
            )

    def _built(self) -> dict[str, str]:
        """File names and their SHA-256, building the city where it does not stand yet."""
        from citycommons.collect.ideal.truth import EDITION

        if self.truth_path.exists():
            truth = json.loads(self.truth_path.read_bytes())
            standing = all((self.folder / name).exists() for name in truth["files"])
            if standing and (truth["seed"], truth["edition"]) == (self.seed, EDITION):
                return dict(truth["files"])
        self.folder.mkdir(parents=True, exist_ok=True)
        self.truth_path.unlink(missing_ok=True)
        return self._build()

    def _build(self) -> dict[str, str]:
        from citycommons.collect.ideal import deliveries
        from citycommons.collect.ideal.files import write_json

        # Built beside and moved into place, so that two builders at once do each other no harm.
        with TemporaryDirectory(dir=self.folder, prefix=".building-") as scaffold:
            site = Path(scaffold)
            truth = deliveries.write(site, self.seed)
            built = sorted(path for path in site.iterdir())
            digests = {path.name: sha256(path.read_bytes()).hexdigest() for path in built}
            write_json(site / "truth.json", {**truth, "files": digests})
            for path in [*built, site / "truth.json"]:
                path.replace(self.folder / path.name)
        return digests
