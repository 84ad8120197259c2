"""Parquet and GeoParquet."""

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.errors import Invalid, TooMuch
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.plain import plain_table
from citycommons.standardise.vector import checked


class Parquet:
    """Parquet, and GeoParquet with WKB in degrees."""

    def recognises(self, source: Source) -> float:
        return 1.0 if source.head.startswith(b"PAR1") else 0.0

    def read(self, source: Source) -> Draft:
        try:
            file = pq.ParquetFile(source.path)
            meta = file.metadata
            size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
            if size > source.most_bytes:
                raise TooMuch(
                    f"{source.name} unpacks to {size >> 20} MB, and at most "
                    f"{source.most_bytes >> 20} MB are unpacked. Split it, or raise the setting "
                    "unpacked_limit_mb.",
                    bytes=size,
                )
            table = file.read()
        except (pa.ArrowException, OSError) as cause:
            raise Invalid(
                f"{source.name} is a damaged Parquet file: {cause}. Write it again."
            ) from cause
        geo = orjson.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
        return _draft(table, geo, source)


def _draft(table: pa.Table, geo: dict[str, dict[str, dict[str, object]]], source: Source) -> Draft:
    columns = geo.get("columns", {})
    faults, geometries = Faults(), []
    steps = ["format GeoParquet" if columns else "format Parquet"]
    plain = table.replace_schema_metadata(None)
    for name, said in columns.items():
        if name not in plain.column_names:
            continue
        if cover := _covering(said) & set(plain.column_names):
            plain = plain.drop_columns(sorted(cover))  # boxes say nothing the shapes do not
        _require_degrees(said, name, source)
        shapes = pa.chunked_array([c.cast(pa.binary()) for c in plain[name].chunks], pa.binary())
        plain = plain.set_column(plain.column_names.index(name), name, checked(shapes, faults))
        geometries.append(name)
    plain = plain_table(plain, source.zone)
    return Draft(
        table=plain, faults=faults, steps=steps, geometries=tuple(geometries), is_typed=True
    )


def _covering(said: dict[str, object]) -> set[str]:
    """The column of boxes that GeoParquet 1.1 keeps beside a geometry ("covering")."""
    covering = said.get("covering")
    box = covering.get("bbox") if isinstance(covering, dict) else None
    paths = box.values() if isinstance(box, dict) else ()
    return {str(path[0]) for path in paths if isinstance(path, list) and path}


def _require_degrees(said: dict[str, object], name: str, source: Source) -> None:
    if said.get("encoding") != "WKB":
        raise Invalid(
            f"{source.name}: column “{name}” is encoded as {said.get('encoding')}. Write it as WKB."
        )
    crs = said.get("crs", {})
    code = crs.get("id", {}).get("code") if isinstance(crs, dict) else None
    if crs and str(code) not in ("CRS84", "4326"):
        raise Invalid(
            f"{source.name}: column “{name}” is in {code or 'another reference system'}. Bring it "
            "to CRS84 (longitude, latitude), or deliver a GeoPackage, which is converted here."
        )
