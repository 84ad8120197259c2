"""The page of a dataset's copies: where else it lies, how often it is used there, how one knows."""

from typing import Any

from citycommons.collect.ckan_usage import CkanUsage
from citycommons.collect.opendatasoft_usage import OpendatasoftUsage
from citycommons.collect.udata_usage import UdataUsage
from citycommons.core.copies import Certainty, CopyState, PortalKind, Reading
from citycommons.core.types import DatasetId
from citycommons.measure.republication import copied
from citycommons.measure.republication.copied import Copied, Month
from citycommons.share import catalogue
from citycommons.store.work import Work
from citycommons.web.language import N_
from citycommons.web.page_elsewhere import address, of_dataset, said
from citycommons.web.page_usage import used
from citycommons.web.presentation import Says
from citycommons.web.render import render, speaker
from citycommons.web.view import View

STATES = {
    CopyState.ANNOUNCED: ("", N_("announced, not yet verified")),
    CopyState.VERIFIED: ("go", N_("verified")),
    CopyState.FOUND: ("warn", N_("found, not announced")),
    CopyState.REFUSED: ("stop", N_("refused")),
    CopyState.GONE: ("stop", N_("gone")),
}
CERTAINTIES = {
    Certainty.MEASURED: N_("measured"),
    Certainty.REPORTED: N_("reported"),
    Certainty.DECLARED: N_("declared"),
    Certainty.ESTIMATED: N_("estimated"),
}
KNOWN_BY = {
    Certainty.REPORTED: N_("The portal counts by the same rules as we do, and signs its report."),
    Certainty.DECLARED: N_(
        "The portal's own counter, by rules of its own: robots and double clicks may be in it."
    ),
    Certainty.ESTIMATED: N_(
        "Nobody announced this copy. We recognised its rows, and show what its portal counts."
    ),
}
KINDS = {
    PortalKind.SUSHI: N_("gives usage reports (SUSHI)"),
    PortalKind.CKAN: N_("CKAN"),
    PortalKind.UDATA: N_("udata"),
    PortalKind.OPENDATASOFT: N_("Opendatasoft"),
    PortalKind.PUSH: N_("sends reports by itself"),
}
WORDS = {
    CkanUsage.VIEWS: N_("views of its page"),
    CkanUsage.DOWNLOADS: N_("clicks on its files"),
    UdataUsage.VIEWS: N_("visits of its page"),
    UdataUsage.DOWNLOADS: N_("downloads of its files"),
    OpendatasoftUsage.DOWNLOADS: N_("downloads"),
    OpendatasoftUsage.ATTACHMENTS: N_("downloads of attachments"),
    OpendatasoftUsage.CALLS: N_("calls of its API"),
}
SHOWN_MONTHS = 12


def copies_page(work: Work, view: View, id: DatasetId) -> str:
    """All that is known of copies of one dataset.

    Raises `NotFound` where the actor may not know of the dataset.
    """
    dataset = catalogue.get(work, id)
    says = speaker(view)
    found = copied.of_dataset(work, id)
    return render(
        view,
        "copies.html",
        title=says.text(dataset.title),
        home=f"/datasets/{id}",
        json=f"{address(id)}.json",
        sum=said(used(work, id).total, of_dataset(work, id)),
        copies=[told(one, says) for one in found],
    )


def told(one: Copied, says: Says) -> dict[str, Any]:
    """One copy in words."""
    kind, state = STATES[one.copy.state]
    known = KNOWN_BY.get(one.certainty) if one.certainty else None
    return {
        "id": one.copy.id,
        "dataset": one.copy.dataset,
        "iri": one.copy.iri,
        "is_link": one.copy.iri.startswith(("http://", "https://")),
        "portal": one.portal.name,
        "portal_kind": says._(KINDS[one.portal.kind]),
        "state": says._(state),
        "state_kind": kind,
        "version": one.copy.version,
        "via": one.copy.via,
        "similarity": says.percent(one.copy.similarity) if one.copy.similarity else "",
        "reason": one.copy.reason,
        "since": one.since,
        "seen": one.copy.seen,
        "certainty": says._(CERTAINTIES[one.certainty]) if one.certainty else "",
        "known_by": says._(known) if known else "",
        "last": _month(one.months[0], says) if one.months else None,
        "months": [_month(month, says) for month in one.months[:SHOWN_MONTHS]],
        "earlier": [_month(month, says) for month in one.months[SHOWN_MONTHS:]],
        "stands": [_stand(reading, says) for reading in one.stands],
        "resets": [says.date(day) for day in one.resets],
        "pulled": one.portal.pulled,
        "failure": one.portal.failure,
        "is_blocked": one.portal.is_blocked,
    }


def _month(one: Month, says: Says) -> dict[str, Any]:
    return {
        "words": f"{says.month(one.first_day.month)} {one.first_day.year}",
        "investigations": one.investigations,
        "requests": one.requests,
        "certainty": says._(CERTAINTIES[one.certainty]),
        "is_outlier": one.is_outlier,
    }


def _stand(one: Reading, says: Says) -> dict[str, Any]:
    words = says._(WORDS.get(one.word, one.word))
    return {"words": words, "word": one.word, "value": one.value, "day": one.day}


def as_json(found: tuple[Copied, ...]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [
        {
            "id": one.copy.id,
            "iri": one.copy.iri,
            "portal": {"name": one.portal.name, "url": one.portal.url, "kind": one.portal.kind},
            "state": one.copy.state,
            "version": one.copy.version or None,
            "via": one.copy.via or None,
            "similarity": one.copy.similarity,
            "since": one.since,
            "certainty": one.certainty,
            "months": [
                {
                    "month": f"{month.first_day:%Y-%m}",
                    "investigations": month.investigations,
                    "requests": month.requests,
                    "certainty": month.certainty,
                    "is_outlier": month.is_outlier,
                }
                for month in one.months
            ],
            "counters": [
                {"word": read.word, "value": read.value, "day": read.day} for read in one.stands
            ],
            "resets": one.resets,
            "asked": one.portal.pulled,
            "failure": one.portal.failure or None,
        }
        for one in found
    ]
