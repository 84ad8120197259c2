"""Write a version as a file, whole and without a cap, or only the rows you ask for."""

import os
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from citycommons.cli.named import named_version
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import in_bytes, note, print_json
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import Channel, DatasetId

EXAMPLES = """\
  citycommons export trees -o trees.csv
  citycommons export trees@2 --format geojson -o -
  citycommons export counts -o busy.xlsx --where "count__gt=500" --where "order=-count"
"""

_FORMATS = ("csv", "xlsx", "json", "ndjson", "parquet", "arrow", "geojson", "gpkg", "fgb", "kml")
_BY_SUFFIX = {one: one for one in _FORMATS} | {
    "jsonl": "ndjson",
    "feather": "arrow",
    "shp": "shp.zip",
    "zip": "shp.zip",
}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET[@VERSION]")
    parser.add_argument(
        "--format", help=", ".join([*_FORMATS, "shp.zip"]) + " (default: by the name)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help="- is stdout")
    parser.add_argument(
        "--where",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="as in the API: free__gt=10, columns=a,b, order=-a, bbox=w,s,e,n, limit=100",
    )


def run(args: Namespace) -> None:
    from citycommons.share import open as door
    from citycommons.share.exports import export
    from citycommons.share.query import parse_query

    id, number = named_version(args.dataset)
    name = _format(args)
    to_stdout = args.output == "-"
    if to_stdout and wants_json(args):
        raise Invalid("With --json name a file: -o FILE; stdout cannot hold both.")
    with city_of(args) as city:
        with city.work(operator(), channel=Channel.COMMAND) as work:
            opened = door.open(work, DatasetId(id), number)
        query = (
            parse_query(_pairs(args.where), opened.version.fields, limit=None)
            if args.where
            else None
        )
        if name == "parquet" and opened.version.geometry:
            name = "geoparquet"
        file = export(opened, name, query)
        if to_stdout:
            for piece in file.chunks:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        target = Path(args.output).expanduser()
        size = _write(file.path, file.chunks, target)
    if wants_json(args):
        whole = {"dataset": id, "version": opened.version.number, "file": target, "bytes": size}
        print_json(whole)
        return
    note(f"Wrote {target}: {id}@{opened.version.number}, {in_bytes(size)}.")


def _format(args: Namespace) -> str:
    if args.format:
        return str(args.format)
    suffix = Path(args.output).suffix.lstrip(".").lower()
    if args.output == "-":
        return "csv"
    if (found := _BY_SUFFIX.get(suffix)) is None:
        raise Invalid(f"Which format is “{args.output}”? Name it with --format.")
    return found


def _pairs(given: list[str]) -> list[tuple[str, str]]:
    found = []
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise Invalid(f"“{text}” is not NAME=VALUE.")
        found.append((name, value))
    return found


def _write(ready: Path | None, chunks: Iterator[bytes], target: Path) -> int:
    """Write aside and rename: whoever finds the file finds all of it."""
    part = target.with_name(f".{target.name}.part")
    try:
        if ready is not None:
            shutil.copyfile(ready, part)
        else:
            with part.open("wb") as file:
                for piece in chunks:
                    file.write(piece)
        os.replace(part, target)
    except OSError as cause:
        raise Unavailable(
            f"{target} cannot be written: {cause.strerror or cause}. Nothing was left there."
        ) from cause
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size
