"""Connector `oai-pmh`: the records of an OAI-PMH repository, as Dublin Core or DCAT.

References
----------
Open Archives Initiative: Protocol for Metadata Harvesting 2.0, ListRecords, resumptionToken,
deleted records.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlencode

from citycommons.collect import graphs
from citycommons.collect.listing import followed, kept, once
from citycommons.collect.markup import first, local, root_of, text, written
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid
from citycommons.core.types import Brings, Parcel

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_PREFIXES = ("oai_dc", "dcat", "dcat_ap", "rdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class OaiPmh:
    """Records of an OAI-PMH repository; those it calls deleted come as such."""

    url: str = field(metadata={"says": "Base address of the repository, for example https://…/oai"})
    prefix: str = field(
        default="oai_dc", metadata={"says": "Metadata prefix of records", "choices": _PREFIXES}
    )
    set: str = field(default="", metadata={"says": "Only records of this set (setSpec)"})
    client: Polite = field(default_factory=Polite)

    brings: ClassVar[Brings] = Brings.RECORDS

    def fetch(self) -> Iterator[Parcel]:
        """Bring every record once.

        Raises `Unavailable` if a page fails, and `Invalid` for an error of the repository, in its
        own words. A repository without records is empty, not wrong.
        """
        said = {"verb": "ListRecords", "metadataPrefix": self.prefix}
        said |= {"set": self.set} if self.set else {}
        with self.client:
            pages = followed(self._asking(said), self._page)
            yield from once(parcel for page in pages for parcel in page)

    def _page(self, url: str) -> tuple[list[Parcel], str]:
        root = root_of(self.client.document(url, accept="text/xml").content, url)
        if (error := first(root, "error")) is not None:
            if error.get("code") == "noRecordsMatch":
                return [], ""
            if error.get("code") == "badArgument" and "metadataPrefix=" not in url:
                # The token is to stand alone, but pycsw asks for the prefix beside it.
                return self._page(f"{url}&metadataPrefix={self.prefix}")
            raise Invalid(
                f"{self.url} refuses: {error.get('code')}: {''.join(error.itertext()).strip()}",
                url=url,
            )
        if (found := first(root, "ListRecords")) is None:
            raise Invalid(f"{url} answers no OAI-PMH records. Check the address.", url=url)
        parcels = [self._kept(one) for one in found if local(one) == "record"]
        more = text(found, "resumptionToken")
        if more in ("", "0"):  # pycsw ends its list with 0; asked for that, it begins again
            return parcels, ""
        return parcels, self._asking({"verb": "ListRecords", "resumptionToken": more})

    def _asking(self, said: dict[str, str]) -> str:
        """The address of a request; a base address may have a query of its own."""
        return f"{self.url}{'&' if '?' in self.url else '?'}{urlencode(said)}"

    def _kept(self, record: "Element") -> Parcel:
        header, metadata = first(record, "header"), first(record, "metadata")
        id = text(record, "identifier")
        is_deleted = header is not None and header.get("status") == "deleted"
        inside = next(iter(metadata), None) if metadata is not None else None
        content = written(record if inside is None else inside)
        said = {"verb": "GetRecord", "metadataPrefix": self.prefix, "identifier": id}
        origin = self._asking(said)
        if self.prefix == "oai_dc" or is_deleted:
            profile, media_type = "dublin-core", "application/xml"
        else:
            profile, media_type = "dcat", "text/turtle"
            content = self._as_turtle(content, origin)
        return kept(
            self.client,
            content,
            profile=profile,
            identifier=id,
            origin=origin,
            media_type=media_type,
            is_deleted=is_deleted,
        )

    def _as_turtle(self, content: bytes, origin: str) -> bytes:
        """RDF/XML as the bytes of its dataset; what cannot be read stays as it is."""
        try:
            graph, _ = graphs.read(content, "application/rdf+xml", origin, self.client.json)
        except Invalid:
            return content
        datasets, stops = graphs.datasets(graph)
        return graphs.part_of(graph, datasets[0], stops) if datasets else content
