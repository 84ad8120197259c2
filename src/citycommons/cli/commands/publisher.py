"""Add or list the organisations that answer for datasets."""

from argparse import ArgumentParser, Namespace

from citycommons.cli.main import add_action
from citycommons.cli.named import texts
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.ids import checked_id, slug
from citycommons.core.types import ActorKind, Publisher, PublisherId

EXAMPLES = """\
  citycommons publisher add "Office for Roads" --homepage https://example.org
  citycommons publisher list --json
"""


def arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    add = add_action(actions, "add", "add a publisher, or change what is known of it")
    add.add_argument("name")
    add.add_argument("--id", help="made of the name when left out")
    add.add_argument("--description", action="append", metavar="[de=]TEXT", default=[])
    add.add_argument("--homepage", default="")
    add.add_argument(
        "--kind", choices=[kind.value for kind in ActorKind], default=ActorKind.DEPARTMENT.value
    )
    add.set_defaults(run=_add)
    add_action(actions, "list", "list the publishers").set_defaults(run=_list)


def _add(args: Namespace) -> None:
    from citycommons.share import catalogue, publishers

    id = PublisherId(checked_id(args.id or slug(args.name), "publisher"))
    with city_of(args) as city, city.work(operator()) as work:
        publisher = Publisher(
            id=id,
            name=args.name,
            description=texts(args.description, city.settings.language),
            homepage=args.homepage,
            kind=ActorKind(args.kind),
        )
        is_new = all(one.id != id for one, _ in catalogue.publishers(work))
        publisher = publishers.save(work, publisher, is_new=is_new)
    if wants_json(args):
        print_json(publisher)
        return
    print(f"{'Added' if is_new else 'Changed'} {id}: {args.name}")


def _list(args: Namespace) -> None:
    from citycommons.share import catalogue

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        found = catalogue.publishers(work)
    if wants_json(args):
        print_json([{"publisher": one, "datasets": number} for one, number in found])
        return
    rows = [(one.id, one.name, one.kind.value, number, one.homepage) for one, number in found]
    print_columns(("publisher", "name", "kind", "datasets", "homepage"), rows)
