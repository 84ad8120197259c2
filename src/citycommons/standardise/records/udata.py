"""udata's datasets (data.gouv.fr, data.public.lu, dados.gov.pt) as its API version 1 gives them."""

from citycommons.core.types import Link, Parcel
from citycommons.standardise.records.file_formats import format_of
from citycommons.standardise.records.periods import period
from citycommons.standardise.records.said import Said, object_of, objects, text_of
from citycommons.standardise.records.texts import line, strings, texts


def read(content: bytes, parcel: Parcel, language: str) -> Said:
    """What the dataset says; the address that udata calls `uri` is its source."""
    record = object_of(content, parcel.identifier or parcel.name)
    organization = (objects(record.get("organization")) or [{}])[0]
    owner = (objects(record.get("owner")) or [{}])[0]
    contact = (objects(record.get("contact_points")) or [{}])[0]
    person = f"{text_of(owner.get('first_name'))} {text_of(owner.get('last_name'))}".strip()
    covers = (objects(record.get("temporal_coverage")) or [{}])[0]
    harvested = (objects(record.get("harvest")) or [{}])[0]
    page = text_of(record.get("page"))
    return Said(
        identifier=text_of(record.get("id")) or parcel.identifier,
        # A dataset that udata itself harvested has its home elsewhere, and is ours from udata.
        source=text_of(record.get("uri")) or page or parcel.origin,
        title=texts(record.get("title"), language, is_line=True),
        description=texts(record.get("description"), language),
        landing_page=page or text_of(harvested.get("remote_url")),
        publisher=line(text_of(organization.get("name")) or person),
        steward=line(text_of(contact.get("name"))),
        keywords=tuple(strings(record.get("tags"))),
        frequency=text_of(record.get("frequency")),
        licenses=((text_of(record.get("license")),),),
        access="NON_PUBLIC" if record.get("private") is True else "",
        temporal=period(text_of(covers.get("start")), text_of(covers.get("end"))),
        links=tuple(
            Link(
                url=url,
                title=line(text_of(one.get("title"))),
                format=format_of([text_of(one.get("format")), text_of(one.get("mime"))], url),
            )
            for one in objects(record.get("resources"))
            if (url := text_of(one.get("latest")) or text_of(one.get("url")))
        ),
    )
