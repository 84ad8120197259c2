"""Who publishes, and what."""

from typing import Any

from citycommons.core.types import PublisherId
from citycommons.share import catalogue
from citycommons.share.catalogue import Search
from citycommons.store.work import Work
from citycommons.web.page_rows import result_rows
from citycommons.web.render import render, speaker
from citycommons.web.view import View

_SHOWN = 50


def publishers(work: Work, view: View) -> str:
    """All who publish, those with most datasets first."""
    says = speaker(view)
    found = [
        {
            "id": one.id,
            "name": one.name,
            "description": says.text(one.description),
            "count": count,
            "updated": None,
        }
        for one, count in sorted(catalogue.publishers(work), key=lambda pair: -pair[1])
    ]
    return render(view, "publishers.html", publishers=found)


def publisher(work: Work, view: View, id: PublisherId) -> str:
    """One publisher: what they answer for, with data first."""
    says = speaker(view)
    one = catalogue.publisher(work, id)
    found = catalogue.find(work, Search(chosen={"publisher": (id,)}, limit=_SHOWN))
    latest = [each.version for each in found.entries if each.version]
    rows = result_rows(work, view, found.entries)
    values: dict[str, Any] = {
        "id": id,
        "name": one.name,
        "description": says.text(one.description),
        "homepage": one.homepage if one.homepage.startswith(("http://", "https://")) else "",
        "count": found.total,
        "with_data": found.with_data,
        "rows": sum(version.rows for version in latest),
        "updated": max((version.created for version in latest), default=None),
        "used": sum(row["used"] for row in rows),
        "used_elsewhere": sum(row["used_elsewhere"] for row in rows),
    }
    return render(view, "publisher.html", p=values, rows=rows)
