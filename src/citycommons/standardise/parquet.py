"""Parquet and GeoParquet."""

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from citycommons.core.errors import Invalid, TooMuch
from citycommons.standardise.faults import Faults
from citycommons.standardise.formats import Draft, Source
from citycommons.standardise.plain import plain_table
from citycommons.standardise.vector import IN_PLANE, as_text, checked, lies_in_plane


class Parquet:
    """Parquet, and GeoParquet with WKB in any reference system."""

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
    local: list[str] = []
    steps = ["format GeoParquet" if columns else "format Parquet"]
    plain = table.replace_schema_metadata(None)
    for name, said in columns.items():
        if name not in plain.column_names:
            continue
        if cover := _covering(said) & set(plain.column_names):
            plain = plain.drop_columns(sorted(cover))  # boxes say nothing the shapes do not
        shapes = _shapes(plain[name], said, name, source, steps)
        if said.get("crs", {}) is None and _is_plane(shapes):
            texts = as_text(shapes)
            plain = plain.set_column(plain.column_names.index(name), name, texts)
            local.append(name)
            steps.append(IN_PLANE)
            continue
        plain = plain.set_column(plain.column_names.index(name), name, checked(shapes, faults))
        geometries.append(name)
    plain = plain_table(plain, source.zone)
    return Draft(
        table=plain,
        faults=faults,
        steps=steps,
        geometries=tuple(geometries),
        is_local=tuple(local),
        is_typed=True,
    )


def _is_plane(shapes: pa.ChunkedArray) -> bool:
    import shapely

    return lies_in_plane(shapely.from_wkb(shapes.to_numpy(), on_invalid="ignore"))


def _covering(said: dict[str, object]) -> set[str]:
    """The column of boxes that GeoParquet 1.1 keeps beside a geometry ("covering")."""
    covering = said.get("covering")
    box = covering.get("bbox") if isinstance(covering, dict) else None
    paths = box.values() if isinstance(box, dict) else ()
    return {str(path[0]) for path in paths if isinstance(path, list) and path}


def _shapes(
    values: pa.ChunkedArray, said: dict[str, object], name: str, source: Source, steps: list[str]
) -> pa.ChunkedArray:
    """The column as WKB in longitude and latitude, whatever system its metadata name."""
    if said.get("encoding") != "WKB":
        raise Invalid(
            f"{source.name}: column “{name}” is encoded as {said.get('encoding')}. Write it as WKB."
        )
    shapes = pa.chunked_array([c.cast(pa.binary()) for c in values.chunks], pa.binary())
    crs = said.get("crs", {})
    if not crs:
        if crs is None and not _is_plane(shapes):
            steps.append(f"column “{name}” names no reference system; taken as degrees")
        return shapes
    import shapely
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError, ProjError

    try:
        system = CRS.from_user_input(_authority(crs) or crs)
        if system.to_authority() in (("OGC", "CRS84"), ("EPSG", "4326")):
            return shapes
        to_degrees = Transformer.from_crs(system, "OGC:CRS84", always_xy=True)
        found = shapely.from_wkb(shapes.to_numpy(), on_invalid="ignore")
        has_heights = bool(shapely.has_z(found).any())
        places = shapely.get_coordinates(found, include_z=has_heights)
        places[:, 0], places[:, 1] = to_degrees.transform(places[:, 0], places[:, 1])
        moved = shapely.set_coordinates(found, places)
    except (CRSError, ProjError) as cause:
        raise Invalid(
            f"{source.name}: the reference system of column “{name}” is not understood: {cause}. "
            "Bring it to CRS84 (longitude, latitude)."
        ) from cause
    steps.append(f"positions of {name} brought from {system.name} to CRS84")
    return pa.chunked_array([pa.array(shapely.to_wkb(moved), pa.binary())])


def _authority(crs: object) -> str:
    """What a bare identifier (`{"id": {"code": 25832}}`) names; full definitions name nothing."""
    identifier = crs.get("id") if isinstance(crs, dict) and "type" not in crs else None
    if not isinstance(identifier, dict):
        return ""
    return f"{identifier.get('authority', 'EPSG')}:{identifier.get('code')}"
