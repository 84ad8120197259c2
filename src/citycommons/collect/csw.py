"""Connector `csw`: the records of a Catalogue Service for the Web, in ISO 19139 or Dublin Core.

References
----------
OGC 07-006r1: Catalogue Services Specification 2.0.2, GetRecords by key and value.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from citycommons.collect.listing import kept, once
from citycommons.collect.markup import first, local, root_of, text, written
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import Brings, Parcel

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_GMD = "http://www.isotc211.org/2005/gmd"
_CSW = "http://www.opengis.net/cat/csw/2.0.2"
_SCHEMAS = {  # name of the option → output schema, type name, profile, where the identifier stands
    "iso19139": (_GMD, "gmd:MD_Metadata", "iso19139", "fileIdentifier"),
    "dublin-core": (_CSW, "csw:Record", "dublin-core", "identifier"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Csw:
    """Records of a CSW 2.0.2, such as GeoNetwork, pycsw or an INSPIRE catalogue serve."""

    url: str = field(metadata={"says": "Address of the service, for example https://…/csw"})
    schema: str = field(
        default="iso19139",
        metadata={"says": "What records are written in", "choices": tuple(_SCHEMAS)},
    )
    constraint: str = field(
        default="", metadata={"says": "Filter in CQL, for example type = 'dataset'"}
    )
    rows: int = field(default=50, metadata={"says": "Records asked for in one request"})
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every record once.

        Raises `Unavailable` if a page fails or the list ends early, and `Invalid` for an exception
        of the service, in its own words.
        """
        if self.schema not in _SCHEMAS:
            known = ", ".join(_SCHEMAS)
            raise Invalid(f"There is no schema “{self.schema}”; choose {known}.", column="schema")
        with self.client:
            yield from once(self._records())

    def _records(self) -> Iterator[Parcel]:
        start = 1
        while start:
            results = self._page(start)
            yield from map(self._kept, results)
            matched = int(results.get("numberOfRecordsMatched", 0))
            following = int(results.get("nextRecord", 0))
            # Some servers say 0, some a number after the last, some the same one again.
            last = start + len(results) - 1
            if following > matched or (following == 0 and last >= matched) or matched == 0:
                return
            if not len(results):
                raise Unavailable(
                    f"{self.url} says that it has {matched} records, but none came from number "
                    f"{start} on. Try again later; nothing was taken as deleted.",
                    url=self.url,
                )
            start = following if following > start else last + 1

    def _page(self, start: int) -> "Element":
        schema, kind, _, _ = _SCHEMAS[self.schema]
        params: dict[str, Any] = {
            "service": "CSW",
            "version": "2.0.2",
            "request": "GetRecords",
            "resultType": "results",
            "elementSetName": "full",
            "typeNames": kind,
            "outputSchema": schema,
            "maxRecords": self.rows,
            "startPosition": start,
        }
        if self.constraint:
            params |= {"constraintLanguage": "CQL_TEXT", "constraint": self.constraint,
                       "constraint_language_version": "1.1.0"}  # fmt: skip
        document = self.client.document(self.url, params=params, accept="application/xml")
        root = root_of(document.content, self.url)
        if local(root) == "ExceptionReport":
            raise Invalid(f"{self.url} refuses: {text(root, 'ExceptionText')}", url=self.url)
        if (results := first(root, "SearchResults")) is None:
            raise Invalid(f"{self.url} answers no CSW records. Check the address.", url=self.url)
        return results

    def _kept(self, record: "Element") -> Parcel:
        _, _, profile, identifier = _SCHEMAS[self.schema]
        id = text(record, identifier)
        query = f"service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id={id}"
        return kept(
            self.client,
            written(record),
            profile=profile,
            identifier=id,
            origin=f"{self.url}{'&' if '?' in self.url else '?'}{query}",
            media_type="application/xml",
        )
