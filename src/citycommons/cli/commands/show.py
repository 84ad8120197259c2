"""Show what a dataset promises and what one of its versions holds."""

from argparse import ArgumentParser, Namespace

from citycommons.cli.named import named_version
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import in_bytes, print_columns, print_json
from citycommons.core.types import Dataset, DatasetId, Version

EXAMPLES = """\
  citycommons show car-parks
  citycommons show car-parks@2 --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET[@VERSION]", help="id, and number or digest")


def run(args: Namespace) -> None:
    from citycommons.share import catalogue
    from citycommons.share import open as door

    id, number = named_version(args.dataset)
    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        dataset = catalogue.get(work, DatasetId(id))
        versions = catalogue.versions(work, dataset.id)
        version = door.find(work, dataset.id, number)[1] if versions or number else None
    if wants_json(args):
        numbers = [_brief(one) for one in versions]
        print_json({"dataset": dataset, "version": version, "versions": numbers})
        return
    _print(dataset, version, versions)


def _brief(version: Version) -> dict[str, object]:
    return {
        "number": version.number,
        "digest": version.digest,
        "rows": version.rows,
        "created": version.created,
        "created_by": version.created_by,
        "note": version.note,
        "withdrawn": version.withdrawn,
        "withdrawn_reason": version.withdrawn_reason,
    }


def _print(dataset: Dataset, version: Version | None, versions: list[Version]) -> None:
    for language, title in dataset.title.items():
        print(f"{title} ({language})")
    for text in dataset.description.values():
        print(text)
    facts = {
        "publisher": dataset.publisher,
        "steward": dataset.steward,
        "license": dataset.license,
        "access": dataset.access.value,
        "category": dataset.category.value,
        "theme": dataset.theme,
        "keywords": ", ".join(dataset.keywords),
        "key": ", ".join(dataset.key),
        "source": dataset.source,
    }
    for name, value in facts.items():
        if value:
            print(f"{name + ':':<11}{value}")
    for link in dataset.links:
        print(f"{'link:':<11}{link.url} {link.format}".rstrip())
    if version is None:
        print("No data here yet.")
        return
    print(f"\nVersion {version.number}: {version.rows} rows, {in_bytes(version.bytes)}")
    if version.withdrawn:
        print(f"Withdrawn on {version.withdrawn:%Y-%m-%d}: {version.withdrawn_reason}")
    if version.period:
        print(f"From {version.period[0]} to {version.period[1]}.")
    if version.bounds:
        print(
            "Between " + ", ".join(f"{degree:.5f}" for degree in version.bounds) + " (w, s, e, n)."
        )
    print(f"Content sha-256 {version.digest}\n")
    known = {one.name: one for one in version.statistics}
    columns = []
    for field in version.fields:
        found = known.get(field.name)
        numbers = (found.nulls, found.distinct) if found else (None, None)
        columns.append((field.name, field.type.value, field.role.value, field.unit, *numbers))
    print_columns(("field", "type", "role", "unit", "nulls", "distinct"), columns)
    for fault in version.faults:
        print(f"{fault.count} × {fault.rule}: {fault.message}")
    print()
    print_columns(
        ("version", "rows", "created", "by", "note"),
        [
            (
                one.number,
                one.rows,
                f"{one.created:%Y-%m-%d %H:%M}",
                one.created_by,
                f"withdrawn: {one.withdrawn_reason}" if one.withdrawn else one.note,
            )
            for one in versions
        ],
    )
