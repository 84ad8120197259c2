"""Records of other catalogues as entries of ours: one module for each vocabulary.

The origin's identifier and address are kept as they are, texts become plain, themes, frequencies,
licences and formats become codes where the words are clear, and stay empty where they are not.
"""

import hashlib
import re
from dataclasses import replace
from importlib import import_module
from urllib.parse import unquote

from citycommons.core.errors import Invalid
from citycommons.core.ids import checked_id, slug
from citycommons.core.types import Dataset, DatasetId, Parcel, PublisherId, Text
from citycommons.standardise.records.bounds import bounded
from citycommons.standardise.records.said import Said, dataset_of

_MODULES = {
    "ckan": "ckan",
    "dcat": "dcat",
    "opendatasoft": "opendatasoft",
    "socrata": "socrata",
    "data.json": "data_json",
    "udata": "udata",
    "iso19139": "iso19139",
    "dublin-core": "dublin_core",
    "ogc-record": "ogc_record",
}
PROFILES = tuple(_MODULES)
"""Vocabularies that are read here, as `Parcel.profile` says them."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24,}")


def entry(
    parcel: Parcel,
    *,
    publisher: PublisherId,
    license: str = "unspecified",
    attribution: str = "",
    prefix: str = "",
    language: str = "en",
) -> Dataset:
    """One record as an entry of the catalogue.

    `license` and `attribution` hold where the record says nothing itself; `language` is that of
    texts that do not say theirs. Raises `Invalid` naming the record and what is wrong with it.
    """
    dataset = described(
        parcel.path.read_bytes(),
        parcel,
        publisher=publisher,
        license=license,
        attribution=attribution,
        language=language,
    )
    return replace(dataset, id=id_of(parcel, dataset, prefix))


def described(
    content: bytes,
    parcel: Parcel,
    *,
    publisher: PublisherId,
    license: str = "unspecified",
    attribution: str = "",
    language: str = "en",
) -> Dataset:
    """The same from the record's bytes, whatever the parcel's file; still without an id of ours."""
    where = parcel.identifier or parcel.name
    if (module := _MODULES.get(parcel.profile)) is None:
        raise Invalid(
            f"The record {where} is of the vocabulary “{parcel.profile}”, which is not read; "
            f"read are {', '.join(PROFILES)}.",
            record=where,
        )
    read = import_module(f"{__name__}.{module}").read
    try:
        said: Said = read(content, parcel, language)
    except Invalid:
        raise
    except Exception as cause:
        # Whatever a record is made of, it is one fault and never the end of a harvest.
        raise Invalid(
            f"The record {where} cannot be read as {parcel.profile}: "
            f"{' '.join(str(cause).split())[:160] or type(cause).__name__}.",
            record=where,
        ) from cause
    dataset = dataset_of(
        said, publisher=publisher, license=license, attribution=attribution, where=where
    )
    return bounded(dataset)


def id_of(parcel: Parcel, dataset: Dataset, prefix: str = "") -> DatasetId:
    """A readable id made of the title, else of the identifier; the same for the same record.

    Two records of one title get the same id: who keeps them tells them apart.
    """
    start = slug(prefix, 30)
    longest = 80 - len(start)
    titles = (dataset.title.get("en", ""), *dataset.title.values(), dataset.identifier)
    name = next((found for text in titles if (found := slug(text, longest))), "")
    if not name:
        key = dataset.identifier or parcel.identifier or parcel.digest
        name = f"record-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    return DatasetId(checked_id(f"{start}-{name}" if start else name))


def fingerprint(dataset: Dataset) -> str:
    """What the entry is about, whatever its origin calls it today: 64 hexadecimal digits.

    Made of title, publisher, description and addresses; identifiers, also those inside addresses,
    and dates have no part in it. Two entries with one fingerprint are the same dataset when one of
    them has just gone.
    """
    parts = [
        _folded(dataset.title),
        f"{dataset.publisher} {_words(dataset.attribution)}",
        _folded(dataset.description),
        *sorted({_address(one.url, dataset) for one in dataset.links}),
    ]
    if not dataset.links:
        parts.append(_address(dataset.landing_page, dataset))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _folded(text: Text) -> str:
    return "\n".join(sorted(_words(words) for words in text.values()))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _address(url: str, dataset: Dataset) -> str:
    """The address without scheme and without what names the dataset."""
    plain = unquote(url).casefold().removeprefix("https://").removeprefix("http://").rstrip("/")
    if dataset.identifier:
        plain = plain.replace(dataset.identifier.casefold(), "")
    return _UUID.sub("", plain)
