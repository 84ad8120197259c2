"""A source as the words of `sources add` say it."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from citycommons.cli.place import city_of, operator
from citycommons.core.errors import Invalid
from citycommons.core.ids import checked_id, slug
from citycommons.core.types import ActorId, DatasetId, Mode, PublisherId, Source, SourceId

if TYPE_CHECKING:
    from citycommons.collect.sources import Overview
    from citycommons.store.work import Work


def arguments(add: ArgumentParser) -> None:
    """The words that describe a source."""
    add.add_argument("connector", metavar="CONNECTOR", help="see: citycommons sources connectors")
    add.add_argument("--id", help="made of the title when left out")
    add.add_argument("--title", help="needed for a new source")
    add.add_argument("--publisher", metavar="ID", help="answers for what arrives")
    add.add_argument(
        "--owner",
        metavar="EMAIL|ID",
        help="is told when something waits (default: an account "
        "that may publish for the publisher)",
    )
    add.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the connector; lists and tables as JSON, a secret as NAME=secret:ITS_NAME",
    )
    add.add_argument("--dataset", metavar="ID", help="whose next version arrives (not: catalogues)")
    add.add_argument(
        "--describe",
        action="store_true",
        help="make the dataset's entry from title and licence, so that the first delivery is "
        "published without a person looking at it",
    )
    add.add_argument(
        "--mode",
        choices=[mode.value for mode in Mode],
        help="what a delivery does to the rows that are there (default: replace)",
    )
    add.add_argument(
        "--every", metavar="DURATION", help="PT15M, PT1H, P1D, P1W, P1M; empty: only by hand"
    )
    add.add_argument(
        "--offset", metavar="DURATION", help="after the full hour or midnight: PT3H is at three"
    )
    add.add_argument("--license", metavar="ID", help="of what says nothing itself")
    add.add_argument("--attribution", help="how the source wants to be named")
    add.add_argument(
        "--with-data",
        action="store_true",
        default=None,
        help="catalogues: bring the best readable file of each entry, too",
    )
    add.add_argument("--prefix", help="catalogues: stands before the ids of entries")


def add(args: Namespace) -> "tuple[bool, Overview]":
    """Add the source, or change what is known of it; answers whether it is new, and how it is."""
    from dataclasses import replace

    from citycommons.collect import sources
    from citycommons.store import sources as rows

    if not (args.id or args.title):
        raise Invalid("Name the source: --title TEXT (or --id of one to change).")
    id = SourceId(checked_id(args.id or slug(args.title), "source"))
    with city_of(args) as city, city.work(operator()) as work:
        there = rows.get(work.db, id)
        is_new = there is None or there.removed is not None
        start = _blank(args, work, id) if there is None or is_new else there.source
        given: dict[str, Any] = {
            "title": args.title,
            "publisher": args.publisher,
            "owner": _owner(work, args.owner) if args.owner else None,
            "dataset": args.dataset,
            "mode": Mode(args.mode) if args.mode else None,
            "every": args.every,
            "offset": args.offset,
            "license": args.license,
            "attribution": args.attribution,
            "with_data": args.with_data,
            "prefix": args.prefix,
        }
        options = {**start.options, **_options(args.connector, args.option)}
        source = replace(
            start,
            connector=args.connector,
            options=options,
            **{name: value for name, value in given.items() if value is not None},
        )
        if args.describe and source.dataset:
            _describe(work, source, city.settings.language)
        sources.save(work, source)
        return is_new, sources.get(work, id)


def _blank(args: Namespace, work: "Work", id: SourceId) -> Source:
    publisher = PublisherId(args.publisher or _only_publisher(work))
    return Source(
        id=id,
        title=args.title or id,
        connector=args.connector,
        publisher=publisher,
        owner=_someone(work, publisher),
        dataset=DatasetId(args.dataset) if args.dataset else None,
    )


def _only_publisher(work: "Work") -> str:
    from citycommons.store import catalogue

    known = catalogue.publishers(work.db)
    if len(known) == 1:
        return known[0].id
    names = ", ".join(one.id for one in known) or "none yet; citycommons publisher add NAME"
    raise Invalid(f"Who answers for what arrives? Name it with --publisher ID ({names}).")


def _owner(work: "Work", who: str) -> ActorId:
    from citycommons.cli.people import named

    return named(work, who).actor.id


def _someone(work: "Work", publisher: PublisherId) -> ActorId:
    """Somebody at whose desk a delivery can wait: of the publisher first, else of the city."""
    from citycommons.govern import people
    from citycommons.govern.access import Action, allows

    able = [
        one.actor
        for one in people.accounts(work)
        if one.disabled is None and allows(one.actor, Action.PUBLISH, publisher)
    ]
    able.sort(key=lambda actor: all(grant.publisher != publisher for grant in actor.grants))
    return able[0].id if able else work.actor.id


def _describe(work: "Work", source: Source, language: str) -> None:
    from citycommons.core.types import Dataset
    from citycommons.share.publish import describe
    from citycommons.store import catalogue

    if source.dataset and catalogue.find_dataset(work.db, source.dataset) is None:
        describe(
            work,
            Dataset(
                id=DatasetId(checked_id(source.dataset)),
                title={language: source.title},
                publisher=source.publisher,
                license=source.license,
                attribution=source.attribution,
            ),
        )


def _options(connector: str, given: list[str]) -> dict[str, Any]:
    """`name=value` by name: text as it is, lists and tables as JSON, secrets by their name."""
    from citycommons.collect.connect import options_of

    types = {one.name: one.type for one in options_of(connector)}
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise Invalid(f"“{text}” is no option; write NAME=VALUE.", column=name)
        if value.startswith("secret:"):
            found[name] = {"secret": value.removeprefix("secret:")}
        elif types.get(name, "str").startswith(("tuple", "list", "collections", "Mapping", "dict")):
            found[name] = _listed(name, value)
        elif types.get(name) == "Path":  # the worker runs in another folder
            found[name] = str(Path(value).expanduser().resolve())
        else:
            found[name] = value
    return found


def _listed(name: str, value: str) -> Any:
    if value[:1] not in "[{" or not value:
        return [part.strip() for part in value.split(",") if part.strip()]
    try:
        return json.loads(value)
    except json.JSONDecodeError as cause:
        raise Invalid(f"Option “{name}” is no JSON: {cause}.", column=name) from cause
