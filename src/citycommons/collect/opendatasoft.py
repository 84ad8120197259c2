"""Connector `opendatasoft`: one dataset of an Opendatasoft portal (Explore API v2.1)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.types import Parcel

_ENDINGS = {"parquet": "parquet", "geojson": "geojson", "jsonl": "ndjson", "csv": "csv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opendatasoft:
    """All records of a dataset by the export endpoint: the one of records ends at 10 000.

    Without `format` GeoJSON comes where records have a place, lines of JSON elsewhere. Lines and
    rows of Parquet are compared with the number of records that the portal counts; GeoJSON that
    broke off cannot be read at all.
    """

    url: str = field(metadata={"says": "Address of the portal"})
    dataset: str = field(metadata={"says": "Identifier of the dataset"})
    format: str = field(
        default="", metadata={"says": "Form of the file", "choices": ("", *_ENDINGS)}
    )
    where: str = field(default="", metadata={"says": "Filter in ODSQL: year >= 2025"})
    select: str = field(default="", metadata={"says": "Fields, separated by commas"})
    api_key: str = field(default="", metadata={"says": "Key for closed data", "secret": True})
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The export as one parcel.

        Raises `NotFound` if there is no such dataset, `Unavailable` if the portal does not answer
        or gives fewer records than it counts.
        """
        if self.format and self.format not in _ENDINGS:
            raise Invalid(
                f"“{self.format}” is no form; take one of {', '.join(_ENDINGS)}.", column="format"
            )
        with self.client as client:
            count, has_place = self._described()
            kind = self.format or ("geojson" if has_place else "jsonl")
            asked = {"where": self.where, "select": self.select, "timezone": "UTC"}
            if kind == "csv":
                asked["delimiter"] = ";"
            query = urlencode({key: value for key, value in asked.items() if value})
            parcel = client.file(
                f"{self._base}/exports/{kind}?{query}",
                headers=self._key,
                name=f"{self.dataset}.{_ENDINGS[kind]}",
            )
            self._check(parcel, kind, count)
            yield parcel

    @property
    def _base(self) -> str:
        root = self.url.rstrip("/").partition("/api/explore/")[0]
        return f"{root}/api/explore/v2.1/catalog/datasets/{quote(self.dataset, safe='')}"

    @property
    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Apikey {self.api_key}"} if self.api_key else {}

    def _described(self) -> tuple[int | None, bool]:
        """How many records the filter finds, and whether they have a place."""
        try:
            said = self.client.json(self._base, headers=self._key)
        except Unavailable as cause:
            if cause.where.get("status") != 404:
                raise
            raise NotFound(
                f"{self.url} has no dataset “{self.dataset}”. Its identifier stands in the "
                "dataset's address and under Information.",
                column="dataset",
            ) from cause
        if not isinstance(said, dict) or "fields" not in said:
            raise Invalid(f"{self.url} is no Opendatasoft portal with API v2.1.", url=self.url)
        kinds = {one.get("type") for one in said["fields"]}
        asked = {"limit": 0} | ({"where": self.where} if self.where else {})
        found = self.client.json(f"{self._base}/records", params=asked, headers=self._key)
        return found.get("total_count"), bool(kinds & {"geo_point_2d", "geo_shape"})

    def _check(self, parcel: Parcel, kind: str, count: int | None) -> None:
        """Lines that broke off are still lines, so they are counted."""
        if count is None or kind not in ("jsonl", "parquet"):
            return
        if kind == "parquet":
            import pyarrow.parquet as pq

            came = pq.read_metadata(parcel.path).num_rows
        else:
            with parcel.path.open("rb") as file:
                came = sum(bool(line.strip()) for line in file)
        if came < count:
            raise Unavailable(
                f"{self.url} counts {count} records of {self.dataset}, and {came} came. Nothing "
                "was taken in; it is tried again."
            )
