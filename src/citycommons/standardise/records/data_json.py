"""`data.json`: datasets as the DCAT-US schema 1.1 (Project Open Data) describes them."""

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.periods import interval
from citycommons.standardise.records.said import Said, object_of, objects, text_of
from citycommons.standardise.records.texts import language_of, line, strings, texts


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the dataset says; the catalogue's address with its identifier is its source."""
    record = object_of(content, parcel.identifier or parcel.name)
    spoken = [language_of(one) for one in strings(record.get("language"))]
    main = spoken[0] if len(spoken) == 1 and spoken[0] else language
    id = text_of(record.get("identifier")) or parcel.identifier
    page = text_of(record.get("landingPage"))
    publisher, contact = objects(record.get("publisher")), objects(record.get("contactPoint"))
    links = []
    for one in objects(record.get("distribution")):
        if url := text_of(one.get("downloadURL")) or text_of(one.get("accessURL")):
            said = [text_of(one.get("format")), text_of(one.get("mediaType"))]
            links.append(
                Link(url=url, title=line(one.get("title") or ""), format=format_of(said, url))
            )
    place = text_of(record.get("spatial"))
    return Said(
        identifier=id,
        source=id if id.startswith("http") else page or f"{parcel.origin}#{id}",
        title=texts(record.get("title"), main, is_line=True),
        description=texts(record.get("description"), main),
        landing_page=page,
        publisher=line(text_of(publisher[0].get("name"))) if publisher else "",
        steward=line(text_of(contact[0].get("fn"))) if contact else "",
        keywords=tuple(strings(record.get("keyword"))),
        themes=tuple(strings(record.get("theme"))),
        frequency=text_of(record.get("accrualPeriodicity")),
        licenses=((text_of(record.get("license")),),),
        access=text_of(record.get("accessLevel")),
        place="" if place[:1] in "{[-0123456789" else line(place),
        temporal=interval(text_of(record.get("temporal"))),
        links=tuple(links),
    )
