"""Words for what the rooms compute: quality checks, provenance, snippets, citations."""

from datetime import datetime

from citycommons.core.types import Dataset, Field, FieldType, Link, Version
from citycommons.govern.licenses import LICENSES
from citycommons.understand.columns import NUMERIC
from citycommons.understand.quality import Check, Criterion
from citycommons.web.language import N_
from citycommons.web.presentation import Says

NAMES = {
    Criterion.DESCRIBED: N_("Described"),
    Criterion.LICENSED: N_("Licence is clear"),
    Criterion.EXPLAINED: N_("Fields explained"),
    Criterion.READABLE: N_("Readable by programs"),
    Criterion.TIMELY: N_("Up to date"),
    Criterion.COMPLETE: N_("Complete"),
    Criterion.VALID: N_("Rows are valid"),
    Criterion.COVERED: N_("Place and time known"),
    Criterion.KEYED: N_("Rows can be told apart"),
}
_HOLDS = {
    Criterion.DESCRIBED: N_("A description says what this is."),
    Criterion.LICENSED: N_("An open licence says what you may do."),
    Criterion.EXPLAINED: N_("{value} of the columns have a title or meaning."),
    Criterion.READABLE: N_("At least one open, machine-readable format."),
    Criterion.TIMELY: N_("Kept at its stated rhythm."),
    Criterion.COMPLETE: N_("{value} of all cells are filled."),
    Criterion.VALID: N_("{value} of the delivered rows could be used."),
    Criterion.COVERED: N_("Which place and which time it covers is stated."),
    Criterion.KEYED: N_("A key or identifier names each row."),
}
_FAILS = {
    Criterion.DESCRIBED: N_("The description is missing or very short."),
    Criterion.LICENSED: N_("The licence is missing, or not an open one."),
    Criterion.EXPLAINED: N_("Columns are not yet explained."),
    Criterion.READABLE: N_("No open, machine-readable format that answers."),
    Criterion.TIMELY: N_("No rhythm is stated, or the data are not here."),
    Criterion.COMPLETE: N_("Too many cells are empty, or there are no rows."),
    Criterion.VALID: N_("Rows had to be left out, or there are none."),
    Criterion.COVERED: N_("Place or time is not stated."),
    Criterion.KEYED: N_("No column names a row, so versions cannot be compared row by row."),
}
_LATE = N_("The data end {days} days ago; at their rhythm {limit} would be fine.")
_ONLY = {
    Criterion.EXPLAINED: N_("Only {value} of the columns have a title or meaning."),
    Criterion.COMPLETE: N_("Only {value} of all cells are filled."),
    Criterion.VALID: N_("Only {value} of the delivered rows could be used."),
}


def check_words(check: Check, says: Says) -> str:
    """What decided a check, as a sentence."""
    is_share = check.criterion in _ONLY and check.value is not None
    if check.holds:
        text = says._(_HOLDS[check.criterion])
        return text.format(value=says.percent(check.value or 0)) if is_share else text
    if is_share:
        return says._(_ONLY[check.criterion]).format(value=says.percent(check.value or 0))
    if check.criterion is Criterion.TIMELY and check.limit is not None:
        days, limit = says.number(int(check.value or 0)), says.number(int(check.limit))
        return says._(_LATE).format(days=days, limit=limit)
    return says._(_FAILS[check.criterion])


def citation(
    dataset: Dataset, version: Version | None, publisher: str, url: str, says: Says
) -> str:
    """How to cite: publisher (year): title, version, address, licence."""
    license = LICENSES.get(dataset.license)
    when = version.created if version else dataset.modified
    parts = [f"{publisher} ({when.year if when else '–'}): {says.text(dataset.title)}."]
    if version:
        parts.append(says._(N_("Version {number}.")).format(number=version.number))
    parts.append(f"{url}.")
    if license and license.url:
        parts.append(f"{license.title}.")
    return " ".join(parts)


def holds(field: Field, version: Version, says: Says) -> list[str]:
    """What a column holds, in lines: from – to, mean, how many values, how many empty."""
    one = next((s for s in version.statistics if s.name == field.name), None)
    if one is None:
        return []
    lines: list[str] = []
    if one.minimum is not None and field.type is not FieldType.STRING:
        low, high = says.cell(one.minimum, field), says.cell(one.maximum, field)
        lines.append(low if low == high else f"{low} – {high}")
    if one.mean is not None and field.type in NUMERIC:
        lines.append(says._(N_("mean {value}")).format(value=says.number(one.mean)))
    if field.type is not FieldType.GEOMETRY and one.distinct:
        text = N_("{count} different") if one.distinct > 1 else N_("always the same")
        lines.append(says._(text).format(count=says.number(one.distinct)))
    if one.nulls:
        share = says.percent(one.nulls / version.rows) if version.rows else ""
        lines.append(says._(N_("{share} empty")).format(share=share))
    return lines


def link_tag(link: Link) -> tuple[str, str]:
    """A linked file's honest state: kind of tag, words to translate."""
    if link.status is None:
        return "", N_("not checked")
    if link.status < 400:
        return "go", N_("answered")
    return "stop", N_("gone") if link.status in (404, 410) else N_("did not answer")


def snippets(url: str, dataset: Dataset, version: Version) -> list[tuple[str, str]]:
    """Ways to read this version in five tools; each runs as it stands."""
    name, at = dataset.id, f"{url}/data/{dataset.id}@{version.number}"
    found = [
        (
            "Python",
            "import pandas as pd\n\n"
            f'data = pd.read_parquet("{at}.parquet")\nprint(data.describe())',
        ),
        ("R", f'library(arrow)\n\ndata <- read_parquet("{at}.parquet")\nsummary(data)'),
        (
            "JavaScript",
            f'const rowsAt = "{url}/datasets/{name}@{version.number}/rows?limit=100";\n'
            "const answer = await fetch(rowsAt);\n"
            "const { total, rows } = await answer.json();\nconsole.log(total, rows[0]);",
        ),
        (
            "DuckDB",
            f"INSTALL httpfs; LOAD httpfs;\nSELECT *\nFROM read_parquet('{at}.parquet')\nLIMIT 10;",
        ),
    ]
    if version.geometry:
        found.append(
            (
                "QGIS",
                "Layer → Add Layer → Add Vector Layer → Protocol: HTTP(S)\n"
                f"URI: {at}.geojson\n\nOr in the Python console:\n"
                f'iface.addVectorLayer("/vsicurl/{at}.gpkg", "{name}", "ogr")',
            )
        )
    return found


def day(value: datetime | None) -> str:
    """The date of a moment, ISO."""
    return value.date().isoformat() if value else ""
