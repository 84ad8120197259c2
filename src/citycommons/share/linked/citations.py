"""How to name data in a text or a bibliography."""

from citycommons.core.types import Dataset, Publisher, Text, Version
from citycommons.govern.licenses import LICENSES


def citation(
    dataset: Dataset, version: Version | None, publisher: Publisher, *, base: str, language: str
) -> str:
    """How to name the data in a text: publisher (year): title, version, address, licence."""
    license = LICENSES.get(dataset.license)
    title = words_in(dataset.title, language)
    when = version.created if version else dataset.modified
    year = f" ({when.year})" if when else ""
    number = f", version {version.number}" if version else ""
    terms = f" {license.title}." if license else ""
    source = f" {dataset.attribution.rstrip('.')}." if dataset.attribution else ""
    where = address(dataset, version, base)
    return f"{publisher.name}{year}: {title}{number}. {where}.{terms}{source}"


def bibtex(
    dataset: Dataset, version: Version | None, publisher: Publisher, *, base: str, language: str
) -> str:
    """The same for a bibliography."""
    when = version.created if version else dataset.modified
    rows = {
        "title": words_in(dataset.title, language),
        "author": "{" + publisher.name + "}",
        "year": str(when.year) if when else "",
        "version": str(version.number) if version else "",
        "url": address(dataset, version, base),
        "note": dataset.attribution,
    }
    safe = {name: _tex(text) for name, text in rows.items() if text}
    body = ",\n".join(f"  {name} = {{{text}}}" for name, text in safe.items())
    return f"@misc{{{dataset.id},\n{body}\n}}\n"


def _tex(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "&%$#_" else sign for sign in text)


def address(dataset: Dataset, version: Version | None, base: str) -> str:
    """The address that shows this very version for ever."""
    return f"{base}/datasets/{dataset.id}" + (f"@{version.number}" if version else "")


def words_in(text: Text, language: str) -> str:
    """The text in the language asked for, else in English, else in any."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")
