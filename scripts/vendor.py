"""Bring the browser libraries and fonts into the package: `python scripts/vendor.py`.

Each is fetched as its published npm package with the ordinary client (`npm pack`); the few files
the pages need are copied unchanged beside the package's licence, and `VENDOR.json` records name,
version, licence and checksums, so that anybody can compare them with the published package.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

VENDOR = Path(__file__).parent.parent / "src/citycommons/web/static/vendor"


@dataclass(frozen=True)
class Package:
    """One npm package: which major version, under which licence, and which files we serve."""

    name: str
    wanted: str
    folder: str
    license_file: str
    files: tuple[str, ...]


PACKAGES = (
    Package(
        "maplibre-gl",
        "6",
        "maplibre",
        "LICENSE.txt",
        ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css"),
    ),
    Package("htmx.org", "4", "htmx", "LICENSE", ("dist/htmx.min.js",)),
    Package(
        "@fontsource-variable/public-sans",
        "5",
        "public-sans",
        "LICENSE",
        (
            "files/public-sans-latin-wght-normal.woff2",
            "files/public-sans-latin-ext-wght-normal.woff2",
        ),
    ),
    Package(
        "@fontsource-variable/source-serif-4",
        "5",
        "source-serif",
        "LICENSE",
        (
            "files/source-serif-4-latin-opsz-normal.woff2",
            "files/source-serif-4-latin-ext-opsz-normal.woff2",
        ),
    ),
)


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def bring(package: Package, workshop: Path) -> dict[str, object]:
    """Fetch one package, copy its files and licence, and return its record."""
    done = subprocess.run(
        ["npm", "pack", "--silent", f"{package.name}@{package.wanted}"],
        cwd=workshop,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = workshop / done.stdout.split()[-1]
    with tarfile.open(archive) as tar:
        tar.extractall(workshop / package.folder, filter="data")
    source = workshop / package.folder / "package"
    described = json.loads((source / "package.json").read_text(encoding="utf-8"))
    target = VENDOR / package.folder
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(source / package.license_file, target / "LICENSE.txt")
    record: dict[str, str] = {}
    for name in package.files:
        shutil.copy(source / name, target / Path(name).name)
        record[f"{package.folder}/{Path(name).name}"] = checksum(source / name)
    return {
        "name": package.name,
        "version": described["version"],
        "license": described["license"],
        "package_sha256": checksum(archive),
        "files_sha256": record,
    }


def main() -> int:
    """Bring all packages and write the record."""
    if shutil.which("npm") is None:
        print("vendor: npm is needed to fetch the packages; install Node.js and run this again.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        records = [bring(package, Path(folder)) for package in PACKAGES]
    text = json.dumps(records, indent=2, ensure_ascii=False)
    (VENDOR / "VENDOR.json").write_text(text + "\n", encoding="utf-8")
    for record in records:
        print(f"{record['name']} {record['version']} ({record['license']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
