"""Publish files or addresses as a new version of a dataset, which is made when missing.

Several files become one version, row after row. Content equal to the newest version makes no new
one. What cannot be read as its column's type is listed, row by row, and kept with the version.
What only a person knows is asked; answers and a schema are kept for the next delivery.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from citycommons.cli.named import named_version, texts, words
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import in_bytes, note, print_json
from citycommons.core.errors import Invalid
from citycommons.core.ids import checked_id, slug
from citycommons.core.types import (
    Access,
    Category,
    Dataset,
    DatasetId,
    Mode,
    Plan,
    Provenance,
    Publisher,
    PublisherId,
    Question,
    Version,
)

if TYPE_CHECKING:
    from citycommons.core.settings import Settings
    from citycommons.core.tables import Report

EXAMPLES = """\
  citycommons publish trees.csv --dataset trees --title "Street trees" --license CC0-1.0
  citycommons publish jan.csv feb.csv --dataset counts --key counter,hour --note "2026 so far"
  citycommons publish https://example.org/stops.geojson --dataset stops
  citycommons publish trees.csv --dataset trees --answer crs:x,y=EPSG:3004
  citycommons publish counts.csv --dataset counts --schema tableschema.json
  curl -s https://example.org/a.csv | citycommons publish - --dataset a --json
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE|URL", nargs="+", help="what to publish; - is stdin")
    parser.add_argument("--dataset", metavar="ID", required=True, help="id of the dataset")
    described = parser.add_argument_group("description (kept from before where left out)")
    described.add_argument("--title", action="append", metavar="[de=]TEXT", default=[])
    described.add_argument("--description", action="append", metavar="[de=]TEXT", default=[])
    described.add_argument("--language", help="of texts that do not name theirs")
    described.add_argument("--publisher", metavar="ID", help="needed when there are several")
    described.add_argument(
        "--publisher-name", metavar="NAME", help="makes the publisher if missing"
    )
    described.add_argument("--steward", help="who answers questions")
    described.add_argument("--license", metavar="ID", help="such as CC0-1.0 or CC-BY-4.0")
    described.add_argument("--attribution", help="how the source wants to be named")
    described.add_argument("--category", choices=[one.value for one in Category])
    described.add_argument("--access", choices=[one.value for one in Access])
    described.add_argument("--theme", help="European data theme: TRAN, ENVI, GOVE, …")
    described.add_argument("--keywords", metavar="A,B")
    described.add_argument("--place", help="where, in words")
    described.add_argument("--frequency", help="European frequency: DAILY, MONTHLY, IRREG, …")
    described.add_argument("--key", metavar="COLS", help="columns that identify a row, for diffs")
    version = parser.add_argument_group("version")
    version.add_argument("--note", default="", help="what changed, for readers")
    version.add_argument("--expected", type=int, metavar="N", help="fail unless N is the newest")
    version.add_argument("--zone", help="of times that name none (default: the city's)")
    version.add_argument("--sheet", help="sheet or layer to read, where a file has several")
    version.add_argument(
        "--schema",
        metavar="FILE",
        help="what is declared of the table: Table Schema, CSVW metadata or a data dictionary",
    )
    version.add_argument(
        "--answer",
        metavar="QUESTION=ANSWER",
        action="append",
        default=[],
        help="to a question that a reading asked",
    )


def run(args: Namespace) -> None:
    from citycommons.cli.reading import parcels
    from citycommons.core.tables import fields_of
    from citycommons.share import publishers
    from citycommons.share.doubts import differences, warnings
    from citycommons.share.publish import describe, prepare, publish
    from citycommons.share.receive import received, remember
    from citycommons.store import catalogue

    id = DatasetId(checked_id(named_version(args.dataset)[0], "dataset"))
    with city_of(args) as city:
        actor = operator()
        with city.work(actor, may_write=False) as work:
            before = catalogue.find_dataset(work.db, id)
            known = catalogue.publishers(work.db)
            latest = catalogue.version(work.db, id)
        language = args.language or city.settings.language
        publisher, is_new_publisher = _publisher(args, before, known)
        dataset = _dataset(args, before, id, publisher, language)
        said = _schema(args, city.settings)
        new_rules = (rule for rule in said.rules if rule not in dataset.rules)
        dataset = replace(dataset, rules=(*dataset.rules, *new_rules))
        said = replace(said, rules=())
        wishes = {"sheet": args.sheet or "", "zone": args.zone or ""}
        with parcels(args.files, city.settings) as given:
            found = received(city, actor, dataset, given, said=said, **wishes)
            if args.answer:
                said = _answered(args.answer, found.report, said)
                found = received(city, actor, dataset, given, said=said, **wishes)
            provenance = Provenance(
                origin=" ".join(one.origin for one in given)[:2000],
                received=max(one.received for one in given),
                parcels=tuple(one.digest for one in given),
            )
            rows, report = found.table.num_rows, found.report
            other = differences(latest, found.table, Mode.REPLACE) if latest else ()
            for sentence in warnings(dataset, fields_of(found.table), (), latest):
                note(sentence)
            note(f"{rows} rows read, {report.rejected} rejected; packing …")
            prepared = prepare(
                city.lake,
                dataset,
                found.table,
                report,
                provenance=provenance,
                rejects=found.rejects,
                faults=found.faults,
            )
        with city.work(actor) as work:
            if is_new_publisher:
                publishers.save(work, publisher, is_new=True)
            dataset = describe(work, dataset)
            done = publish(work, dataset, prepared, note=args.note, expected=args.expected)
            if said != Plan():
                remember(work, dataset, said)
    if wants_json(args):
        told = answer(done.version, is_new=done.is_new, report=report)
        print_json({**told, "questions": report.questions, "drift": other})
        return
    _print(done.version, done.is_new, report)
    for one in other:
        print(f"~ {one.words}")
    for question in report.questions:
        _ask(question)


def _schema(args: Namespace, settings: "Settings") -> Plan:
    """What a schema says of the table; nothing where none is given."""
    from citycommons.cli.reading import parcels
    from citycommons.standardise.declared import declared

    if not args.schema:
        return Plan()
    with parcels([args.schema], settings) as (parcel,):
        return declared(parcel, zone=args.zone or settings.timezone)


def _answered(answers: list[str], report: "Report", said: Plan) -> Plan:
    """The plan with answers to the questions of a first reading."""
    from citycommons.standardise.plan import answered

    open_ = {question.id: question for question in report.questions}
    for one in answers:
        id, _, value = one.partition("=")
        if (question := open_.get(id)) is None:
            asked = ", ".join(open_) or "nothing"
            raise Invalid(f"Nobody asked “{id}”; this delivery asks {asked}.")
        said = answered(said, question, value)
    return said


def _ask(question: Question) -> None:
    """A question with the answers that can be given, on the desk or with --answer."""
    print(f"? {question.text}")
    for choice in question.choices[:6]:
        why = f" ({choice.evidence})" if choice.evidence else ""
        print(f"    --answer '{question.id}={choice.value}'  {choice.title}{why}")


def _publisher(
    args: Namespace, before: Dataset | None, known: list[Publisher]
) -> tuple[Publisher, bool]:
    by_id = {one.id: one for one in known}
    wanted = args.publisher or (slug(args.publisher_name) if args.publisher_name else None)
    if wanted is None and before is not None:
        wanted = before.publisher
    if wanted is None and len(known) == 1:
        wanted = known[0].id
    if wanted is None:
        names = ", ".join(by_id) or "none yet"
        raise Invalid(
            f"Who publishes? Name it with --publisher ID ({names}) or --publisher-name NAME."
        )
    if (found := by_id.get(PublisherId(wanted))) is not None:
        return found, False
    if not args.publisher_name:
        raise Invalid(
            f"There is no publisher “{wanted}”; known are {', '.join(by_id) or 'none'}. "
            "Add --publisher-name NAME to make it."
        )
    id = PublisherId(checked_id(wanted, "publisher"))
    return Publisher(id=id, name=args.publisher_name), True


def _dataset(
    args: Namespace, before: Dataset | None, id: DatasetId, publisher: Publisher, language: str
) -> Dataset:
    if before is None and args.license is None:
        raise Invalid(
            "A new dataset needs its licence, such as --license CC0-1.0, CC-BY-4.0 or "
            "dl-de/by-2.0; --license unspecified says honestly that nobody knows."
        )
    title = texts(args.title, language)
    start = before or Dataset(
        id=id,
        title=title or {language: id.replace("-", " ").replace("_", " ").capitalize()},
        publisher=publisher.id,
        license=args.license,
    )
    given: dict[str, Any] = {
        "license": args.license,
        "steward": args.steward,
        "attribution": args.attribution,
        "theme": args.theme,
        "place": args.place,
        "frequency": args.frequency,
        "category": Category(args.category) if args.category else None,
        "access": Access(args.access) if args.access else None,
        "keywords": words(args.keywords) or None,
        "key": words(args.key) or None,
    }
    return replace(
        start,
        publisher=publisher.id,
        title={**start.title, **title},
        description={**start.description, **texts(args.description, language)},
        **{name: value for name, value in given.items() if value is not None},
    )


def answer(version: Version, *, is_new: bool, report: "Report") -> dict[str, Any]:
    """What a program wants to know of a publication."""
    return {
        "dataset": version.dataset,
        "version": version.number,
        "is_new": is_new,
        "digest": version.digest,
        "rows": version.rows,
        "bytes": version.bytes,
        "rejected_rows": version.rejected,
        "faults": version.faults,
        "first_faults": report.faults[:100],
        "fields": version.fields,
        "bounds": version.bounds,
        "period": version.period,
        "steps": version.provenance.steps,
    }


def _print(version: Version, is_new: bool, report: "Report") -> None:
    name = f"{version.dataset}@{version.number}"
    if not is_new:
        print(f"Nothing new: the content equals {name}; no version was made.")
        return
    print(f"Published {name}: {version.rows} rows, {in_bytes(version.bytes)}.")
    print("Fields: " + ", ".join(f"{one.name} ({one.type.value})" for one in version.fields))
    for step in report.steps:
        print(f"- {step}")
    if version.rejected:
        print(f"{version.rejected} rows were rejected; they are listed with the version.")
    for fault in report.faults[:10]:
        print(f"! {fault.message}")
    total = sum(one.count for one in report.summary)
    if total > 10:
        print(f"! … {total} faults in all; see: citycommons show {name}")
