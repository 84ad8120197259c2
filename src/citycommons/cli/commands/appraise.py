"""What it was worth against what it cost: appraise a goal or the city, compute again, compare."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from citycommons.cli.main import add_action
from citycommons.cli.place import city_of, home_of, operator, wants_json
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Invalid

if TYPE_CHECKING:
    from citycommons.measure.appraisal.prices import ExchangeRate
    from citycommons.measure.appraisal.types import Appraisal, Outcome, Quantiles

EXAMPLES = """\
  citycommons appraise schedules
  citycommons appraise goal safer-cycling --schedule uk-green-book --horizon 10
  citycommons appraise goal safer-cycling --currency EUR \\
      --rate "GBP=EUR:1.17:European Central Bank, annual average:2024"
  citycommons appraise city --release
  citycommons appraise show APPRAISAL
  citycommons appraise recompute APPRAISAL
  citycommons appraise compare APPRAISAL
"""


def arguments(parser: ArgumentParser) -> None:
    parser.set_defaults(run=_schedules)
    actions = parser.add_subparsers(metavar="ACTION")
    add_action(actions, "schedules", "list the discounting schedules").set_defaults(run=_schedules)
    for name, help in (
        ("goal", "appraise one goal, and keep the result with all its inputs"),
        ("city", "the same of everything that is in the ledger"),
    ):
        one = add_action(actions, name, help)
        if name == "goal":
            one.add_argument("id", metavar="GOAL")
        _arguments_of_basis(one)
        one.set_defaults(run=_appraise)
    for name, help, act in (
        ("show", "show a kept result", _show),
        ("recompute", "compute a kept result again from what was kept with it", _recompute),
        ("compare", "what changed since, and what the result would be today", _compare),
    ):
        one = add_action(actions, name, help)
        one.add_argument("appraisal", metavar="APPRAISAL")
        one.set_defaults(run=act)


def _arguments_of_basis(one: ArgumentParser) -> None:
    one.add_argument("--schedule", metavar="ID", help="discount rates (default: eu)")
    one.add_argument(
        "--base-year", type=int, metavar="YEAR", help="default: the first of any entry"
    )
    one.add_argument("--horizon", type=int, metavar="YEARS", help="years after it (default: 10)")
    one.add_argument("--price-year", type=int, metavar="YEAR", help="in whose prices")
    one.add_argument("--currency", metavar="CODE", help="default: the one of all entries")
    one.add_argument(
        "--rate",
        action="append",
        default=[],
        metavar="OF=TO:RATE:SOURCE:YEAR",
        help="an exchange rate, with its source",
    )
    one.add_argument("--optimism", default="none", metavar="ID", help="allowance on costs")
    one.add_argument("--draws", type=int, help="default: 10000")
    one.add_argument("--seed", type=int, help="default: 1")
    one.add_argument("--release", action="store_true", help="show the result to everybody")


def _schedules(args: Namespace) -> None:
    from citycommons.measure.appraisal import schedules

    try:
        found = schedules.every(home_of(args))
    except Invalid:  # no city is named: those that come with the program
        found = schedules.shipped()
    if wants_json(args):
        print_json(list(found.values()))
        return
    rows = [
        (one.id, f"{one.steps[0].rate:.1%}", "yes" if one.is_checked else "no", one.title)
        for one in found.values()
    ]
    print_columns(("schedule", "first rate", "checked", "title"), rows)


def _appraise(args: Namespace) -> None:
    from citycommons.core.goals import GoalId
    from citycommons.measure import appraisal
    from citycommons.measure.appraisal import schedules
    from citycommons.measure.appraisal.gather import DRAWS, HORIZON, SEED, Basis
    from citycommons.measure.appraisal.making import USUAL

    goal = GoalId(args.id) if hasattr(args, "id") else None
    with city_of(args) as city:
        basis = Basis(
            schedule=schedules.named(city.settings.home, args.schedule or USUAL),
            base_year=args.base_year,
            horizon=HORIZON if args.horizon is None else args.horizon,
            draws=DRAWS if args.draws is None else args.draws,
            seed=SEED if args.seed is None else args.seed,
            price_year=args.price_year,
            currency=args.currency,
            rates=tuple(_rate(text) for text in args.rate),
            optimism=args.optimism,
        )
        # It takes its time: nobody else is kept from writing meanwhile.
        with city.work(operator(), may_write=False) as work:
            found = appraisal.compute(work, goal, basis)
        with city.work(operator()) as work:
            one = appraisal.keep(work, found.inputs, found.results)
            if args.release:
                one = appraisal.release(work, one.id)
    _print(args, one)


def _rate(text: str) -> "ExchangeRate":
    from citycommons.measure.appraisal.prices import ExchangeRate

    pair, _, rest = text.partition(":")
    of, equals, to = pair.partition("=")
    rate, _, rest = rest.partition(":")
    source, _, year = rest.rpartition(":")
    try:
        found = ExchangeRate(
            of=of.strip(), to=to.strip(), rate=float(rate), source=source.strip(), year=int(year)
        )
    except ValueError as cause:
        raise Invalid(f"“{text}” is no rate. Write it as OF=TO:RATE:SOURCE:YEAR.") from cause
    if not equals or not found.source or not 0 < found.rate < float("inf"):
        raise Invalid(f"“{text}” is no rate with a source. Write it as OF=TO:RATE:SOURCE:YEAR.")
    return found


def _show(args: Namespace) -> None:
    from citycommons.measure import appraisal

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        one = appraisal.get(work, args.appraisal)
    _print(args, one)


def _print(args: Namespace, one: "Appraisal") -> None:
    if wants_json(args):
        print_json(one)
        return
    inputs = one.inputs
    print(f"Kept as {one.id}")
    print(f"{inputs.currency} of {inputs.price_year}, discounted to {inputs.base_year}")
    print(f"by “{inputs.schedule.title}”, up to {inputs.base_year + inputs.horizon}")
    results = one.results
    rows = [_row("proven", results.proven), _row("with claims", results.with_claims)]
    heads = ("", "net present value", "5 %", "95 %", "ratio", "paid back", "above zero")
    print_columns(heads, rows)
    for note in results.notes:
        print(f"! {note.text}")


def _row(name: str, found: "Outcome") -> tuple[str, ...]:
    npv: Quantiles = found.npv
    ratio = f"{found.ratio.middle:.2f}" if found.ratio else "-"
    return (
        name,
        f"{npv.middle:,.0f}",
        f"{npv.low:,.0f}",
        f"{npv.high:,.0f}",
        ratio,
        str(found.payback.middle or "not yet"),
        f"{found.share_positive:.0%}",
    )


def _recompute(args: Namespace) -> int:
    from citycommons.measure import appraisal

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        again = appraisal.recompute(work, args.appraisal)
    is_good = again.is_same and again.is_intact
    if wants_json(args):
        print_json({"is_same": again.is_same, "is_intact": again.is_intact})
    elif is_good:
        print(f"{again.kept.id}: the same to the last bit")
    else:
        what = "it was changed" if not again.is_intact else "this program computes otherwise"
        print(f"{again.kept.id}: not the same, {what}")
    return 0 if is_good else Invalid.exit_code


def _compare(args: Namespace) -> None:
    from citycommons.measure import appraisal

    with city_of(args) as city, city.work(operator(), may_write=False) as work:
        beside = appraisal.compare(work, args.appraisal)
    if wants_json(args):
        body: dict[str, Any] = {"changes": beside.changes, "now": beside.now}
        print_json(body | {"then": beside.kept.results, "refused": beside.refused})
        return
    for one in beside.changes:
        print(f"{one.kind}: {one.about} {one.before} → {one.after}".rstrip(" →"))
    if beside.refused:
        print(f"! {beside.refused}")
    if beside.now is not None:
        rows = [_row("then", beside.kept.results.proven), _row("today", beside.now.proven)]
        heads = ("", "net present value", "5 %", "95 %", "ratio", "paid back", "above zero")
        print_columns(heads, rows)
