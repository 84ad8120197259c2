"""Rows kept aside as a file that a browser saves."""

import tempfile
from pathlib import Path

import pyarrow as pa
from litestar.response import Response

from citycommons.core.errors import NotFound
from citycommons.share.rejects import as_csv, as_workbook

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


def as_file(rows: pa.Table, kind: str, name: str, about: str = "") -> Response[bytes]:
    """The rows as a workbook or CSV, to be saved under this name."""
    if kind not in FORMATS:
        raise NotFound("Rows kept aside are to be had as .xlsx and .csv.")
    headers = {
        "content-disposition": f'attachment; filename="{name or "rows"}-kept-aside.{kind}"',
        "cache-control": "no-store",
    }
    if kind == "csv":
        return Response(as_csv(rows), media_type=FORMATS[kind], headers=headers)
    with tempfile.TemporaryDirectory(prefix="citycommons-") as folder:
        path = Path(folder) / "rows.xlsx"
        as_workbook(path, rows, about=about)
        return Response(path.read_bytes(), media_type=FORMATS[kind], headers=headers)
