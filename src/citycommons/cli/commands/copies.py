"""Copies of the city's data at other portals: known, looked for, asked how often they are used.

A portal is added by its address; its answers say of what kind it is. The portal's worker asks each
one once a day and looks through its catalogue once a week; `pull` and `scan` do so at once. Without
an action the copies are listed.
"""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.cli.progress import Bar
from citycommons.core.copies import CopyId, Portal
from citycommons.core.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from citycommons.measure.republication.copied import Copied
    from citycommons.store.work import City, Work

EXAMPLES = """\
  citycommons copies
  citycommons copies list --dataset trees --json
  citycommons copies portals
  citycommons copies add-portal https://data.example.org
  citycommons copies scan https://data.example.org
  citycommons copies pull
  citycommons copies confirm 3f6c1b0a9d2e4f5a6b7c
"""
_PAGE = 200


def arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=_list, dataset="")
    actions = parser.add_subparsers(metavar="ACTION")
    listed = add_action(actions, "list", "list the copies that are known")
    listed.add_argument("--dataset", metavar="ID", default="", help="only copies of this dataset")
    listed.set_defaults(run=_list)
    add_action(actions, "portals", "list the portals that hold copies, or may").set_defaults(
        run=_portals
    )
    add = add_action(actions, "add-portal", "note a portal by its address; its kind is recognised")
    add.add_argument("url", metavar="ADDRESS")
    add.add_argument("--name", default="", help="its name (default: as it calls itself)")
    add.set_defaults(run=_add)
    for name, help, act in (
        ("scan", "look through a portal's catalogue for copies nobody announced", _scan),
        ("pull", "ask a portal, or all of them, how often copies were used", _pull),
    ):
        one = add_action(actions, name, help)
        one.add_argument("portal", metavar="PORTAL", nargs="?", help="id or address; none: all")
        one.set_defaults(run=act)
    for name, help in (
        ("confirm", "say that what was found is a copy of ours"),
        ("refuse", "say that it is no copy of ours"),
        ("accept", "take numbers that stand apart for true"),
        ("reconsider", "take such a decision back"),
    ):
        one = add_action(actions, name, help)
        one.add_argument("id", metavar="COPY")
        one.set_defaults(run=_decide, act=name)


def _list(args: Namespace) -> None:
    from citycommons.core.types import DatasetId
    from citycommons.measure.republication import copied

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        if args.dataset:
            found = list(copied.of_dataset(work, DatasetId(args.dataset)))
        else:
            found = _every(work)
    if wants_json(args):
        print_json([_plain(one) for one in found])
        return
    rows = [
        (
            one.copy.id,
            one.copy.dataset,
            one.portal.name,
            one.copy.state.value,
            one.months[0].investigations if one.months else "",
            f"{one.months[0].first_day:%Y-%m}" if one.months else "",
            one.certainty.value if one.certainty else "",
            one.copy.iri,
        )
        for one in found
    ]
    print_columns(("copy", "dataset", "portal", "state", "uses", "in", "certainty", "iri"), rows)
    print(f"{len(found)} copies at {len({one.portal.id for one in found})} portals.")


def _every(work: "Work") -> list["Copied"]:
    from citycommons.measure.republication import deciding

    found, after = deciding.mine(work, limit=_PAGE)
    while after:
        more, after = deciding.mine(work, limit=_PAGE, after=after)
        found += more
    return found


def _plain(one: "Copied") -> dict[str, Any]:
    return {
        "id": one.copy.id,
        "dataset": one.copy.dataset,
        "iri": one.copy.iri,
        "portal": one.portal.id,
        "state": one.copy.state,
        "version": one.copy.version,
        "similarity": one.copy.similarity,
        "reason": one.copy.reason,
        "certainty": one.certainty,
        "months": one.months,
        "counters": one.stands,
    }


def _portals(args: Namespace) -> None:
    from citycommons.measure.republication import partners
    from citycommons.store import copy_sums

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        every = partners.portals(work)
        counted = copy_sums.copies_per_portal(work.db)
    if wants_json(args):
        print_json([_portal(one) | {"copies": counted.get(one.id, 0)} for one in every])
        return
    rows = [
        (
            one.id,
            one.kind.value,
            "blocked" if one.is_blocked else "trusted" if one.is_trusted else "",
            counted.get(one.id, 0),
            f"{one.pulled:%Y-%m-%d %H:%M}" if one.pulled else "never",
            one.url,
            one.failure,
        )
        for one in every
    ]
    print_columns(("portal", "kind", "trust", "copies", "asked", "address", "failure"), rows)


def _portal(one: Portal) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "url": one.url,
        "kind": one.kind,
        "is_trusted": one.is_trusted,
        "is_blocked": one.is_blocked,
        "asked": one.pulled,
        "failure": one.failure,
    }


def _add(args: Namespace) -> None:
    from citycommons.measure.republication import partners
    from citycommons.measure.republication.recognising import recognise
    from citycommons.store import copies

    with city_of(args) as city:
        found = recognise(city, args.url)
        with city.work(operator()) as work:
            made = partners.add(work, found.url, args.name or found.name, found.kind)
            copies.set_portal_due(work.db, made.id, work.now)
    if wants_json(args):
        print_json(_portal(made))
    else:
        print(f"{made.name} ({made.kind.value}) is noted as {made.id}.")
        print(f"Look for copies there: citycommons copies scan {made.id}")


def _scan(args: Namespace) -> None:
    from citycommons.measure.republication import scanning
    from citycommons.measure.republication.candidates import CATALOGUES

    told: dict[str, Any] = {}
    with city_of(args) as city:
        for portal in _chosen(city, args.portal):
            if portal.kind not in CATALOGUES and not args.portal:
                continue
            with Bar(f"Scanning {portal.name}", unit="files") as bar:
                told[portal.id] = scanning.scan_now(city, portal, bar.update)
    if wants_json(args):
        print_json(told)
    for id, state in () if wants_json(args) else told.items():
        if state.failure:
            print(f"{id}: {state.failure}")
        elif state.result:
            one = state.result
            print(f"{id}: {one.listed} entries, {one.compared} compared, {len(one.found)} found.")
            for why in one.failures:
                print(f"  {why}")
    if args.portal and any(state.failure for state in told.values()):
        raise Unavailable(next(state.failure for state in told.values()))


def _pull(args: Namespace) -> None:
    from citycommons.measure.republication import pull
    from citycommons.store import copies

    with city_of(args) as city:
        chosen = [one for one in _chosen(city, args.portal) if not one.is_blocked]
        for portal in chosen:
            pull.pull(city, portal)
        with city.work(operator(), may_write=False) as work:
            asked = copies.portals_of(work.db, {one.id for one in chosen})
    failures = {one.id: one.failure for one in asked.values() if one.failure}
    if wants_json(args):
        print_json([_portal(one) for one in asked.values()])
    else:
        print(f"{len(asked)} portals were asked; {len(failures)} did not answer well.")
        for id, why in failures.items():
            print(f"  {id}: {why}")
    if args.portal and failures:
        raise Unavailable(next(iter(failures.values())))


def _chosen(city: "City", named: str | None) -> list[Portal]:
    from citycommons.store import copies

    with city.work(operator(), may_write=False) as work:
        every = copies.every_portal(work.db)
    if not named:
        return every
    found = [one for one in every if named.rstrip("/") in (one.id, one.url)]
    if not found:
        raise NotFound(f"There is no portal “{named}”. List them: citycommons copies portals")
    return found


def _decide(args: Namespace) -> None:
    from citycommons.measure.republication import deciding

    with city_of(args) as city, city.work(operator()) as work:
        now = getattr(deciding, args.act)(work, CopyId(args.id))
    if wants_json(args):
        print_json(now)
    else:
        print(f"{now.iri}: {now.state.value}.")
