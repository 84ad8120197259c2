"""A delivery for a dataset, read by its plan and its rules: the way of the API and the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from citycommons.core.errors import Invalid
from citycommons.core.tables import Standardised
from citycommons.core.types import Actor, Dataset, Parcel, Plan, Policy
from citycommons.govern.access import Action, require
from citycommons.store import catalogue, plans

if TYPE_CHECKING:
    from citycommons.store.work import City, Work

_SHOWN = 5


def received(
    city: City,
    actor: Actor,
    dataset: Dataset,
    parcels: Sequence[Parcel],
    *,
    sheet: str = "",
    zone: str = "",
    said: Plan = Plan(),  # noqa: B008 (frozen)
) -> Standardised:
    """The parcels as one table: by the plan people made for the dataset, then by its fields.

    `sheet` wins over the plan's, and so does what is `said` with this delivery; `zone` is that of
    times which name none, the city's when empty.
    Raises what the reading raises, and `Invalid` where a rule says that the delivery has to wait:
    nobody is there to decide, so it is not taken.
    """
    from citycommons.share.gazetteer import gazetteer
    from citycommons.share.known import known_for
    from citycommons.standardise.read import standardised

    settings = city.settings
    with city.work(actor, may_write=False) as work:
        plan = _also(plans.find(work.db, [plans.of_dataset(dataset.id)]) or Plan(), said)
        before = catalogue.version(work.db, dataset.id)
        known = known_for(work, (*plan.rules, *dataset.rules), before=before)
        places = gazetteer(work, settings.addresses)
    named = {field.name.casefold() for field in plan.fields}
    others = (field for field in dataset.fields if field.name.casefold() not in named)
    found = standardised(
        parcels,
        plan=replace(plan, fields=(*plan.fields, *others), sheet=sheet or plan.sheet),
        rules=dataset.rules,
        zone=zone or settings.timezone,
        gazetteer=places,
        bounds=settings.boundary,
        known=known,
        are_alike=True,
        upload_limit_mb=settings.upload_limit_mb,
        unpacked_limit_mb=settings.unpacked_limit_mb,
    )
    if found.report.verdict is Policy.REJECT_DELIVERY:
        told = "; ".join(_words(fault.column, fault.message) for fault in found.report.summary)
        raise Invalid(
            f"A rule of “{dataset.id}” lets nothing of this delivery pass: {told}. Mend the file "
            "and send it again, or let its steward decide on the desk.",
            faults=[fault.message for fault in found.report.summary[:_SHOWN]],
        )
    return found


def remember(work: Work, dataset: Dataset, said: Plan) -> None:
    """Keep what was said with a delivery, for the next ones of the dataset.

    Rules are the dataset's own and are not kept here. Raises `Forbidden` if the actor may not
    publish for its publisher.
    """
    require(work, Action.PUBLISH, dataset)
    name = plans.of_dataset(dataset.id)
    plan = _also(plans.find(work.db, [name]) or Plan(), replace(said, rules=()))
    plans.save(work.db, name, plan, by=work.actor.id, now=work.now)


def _also(plan: Plan, said: Plan) -> Plan:
    """The plan with what was said now in front of what was said before."""
    named = {field.name.casefold() for field in said.fields}
    others = (field for field in plan.fields if field.name.casefold() not in named)
    return replace(
        plan,
        table=plan.table if said.table is None else said.table,
        fields=(*said.fields, *others),
        renames={**plan.renames, **said.renames},
        position=said.position or plan.position,
        rules=(*plan.rules, *said.rules),
        mapping=said.mapping or plan.mapping,
        answers={**plan.answers, **said.answers},
        nulls=tuple(dict.fromkeys((*plan.nulls, *said.nulls))),
    )


def _words(column: str, message: str) -> str:
    return f"{column}: {message}" if column else message
