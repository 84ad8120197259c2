"""Who publishes, and what."""

from typing import Any

from citycommons.core.types import PublisherId
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.web.page_rows import result_rows
from citycommons.web.page_search import look_up
from citycommons.web.page_usage import NOTHING, used
from citycommons.web.render import render, speaker
from citycommons.web.view import View

_SHOWN = 50


def publishers(work: Work, view: View) -> str:
    """All who publish, those with most datasets first."""
    says = speaker(view)
    counts = look_up(work, limit=0).hits.facets["publisher"]
    found = [
        {
            "id": one.id,
            "name": one.name,
            "description": says.text(one.description),
            "count": counts.get(one.id, 0),
            "updated": None,
        }
        for one in catalogue.publishers(work.db)
    ]
    found.sort(key=lambda one: (-int(str(one["count"])), str(one["name"])))
    return render(view, "publishers.html", publishers=found)


def publisher(work: Work, view: View, id: PublisherId) -> str:
    """One publisher: what they answer for, with data first."""
    says = speaker(view)
    one = catalogue.publisher(work.db, id)
    found = look_up(work, chosen={"publisher": (id,)}, sort="newest", limit=_SHOWN)
    latest = catalogue.latest_versions(work.db, [each.id for each in found.datasets])
    uses = used(work)
    ranked = sorted(found.datasets, key=lambda each: each.id not in latest)
    values: dict[str, Any] = {
        "id": id,
        "name": one.name,
        "description": says.text(one.description),
        "homepage": one.homepage if one.homepage.startswith(("http://", "https://")) else "",
        "count": found.hits.total,
        "with_data": found.hits.with_data,
        "rows": sum(version.rows for version in latest.values()),
        "updated": max((version.created for version in latest.values()), default=None),
        "used": sum(uses.get(each.id, NOTHING).recent for each in found.datasets),
    }
    return render(view, "publisher.html", p=values, rows=result_rows(work, view, ranked))
