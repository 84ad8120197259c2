"""ESRI file geodatabases, out of their ZIP."""

from citycommons.standardise.formats import Source
from citycommons.standardise.vector import Vector


class FileGdb(Vector):
    """A folder `name.gdb`; each of its tables is a layer."""

    driver = "file geodatabase"
    is_typed = True

    def recognises(self, source: Source) -> float:
        return 1.0 if source.suffix == ".gdb" and source.path.is_dir() else 0.0
