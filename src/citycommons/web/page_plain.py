"""Pages that need little or no data: about, developers, a chart alone."""

from collections.abc import Mapping
from typing import Any

from citycommons.core.errors import NotFound
from citycommons.core.types import DatasetId, Use
from citycommons.govern.access import Action, require
from citycommons.share import catalogue as catalogue_room
from citycommons.share import open as reader
from citycommons.store import catalogue
from citycommons.store.work import Work
from citycommons.understand.charts import Chart, chart
from citycommons.web import colour, figures, page_look
from citycommons.web.dataset_facts import version_lines
from citycommons.web.doors import DOORS
from citycommons.web.page_usage import by_itself
from citycommons.web.render import render, speaker
from citycommons.web.view import View

_METHODS = ("get", "post", "put", "patch", "delete")


def about(_work: Work, view: View) -> str:
    """What this portal is and what it keeps."""
    return render(view, "about.html")


def developers(work: Work, view: View, openapi: Mapping[str, Any]) -> str:
    """How the API works, with examples on a dataset that is there, and all of its addresses."""
    base = view.absolute("")
    example = next(iter(catalogue.latest_versions(work.db)), DatasetId("parking"))
    at = f"{base}/datasets/{example}"
    values = {
        "start": f"curl {at}.json\ncurl -H 'Accept: application/ld+json' {at}",
        "rows": f"curl '{at}/rows?limit=3'",
        "files": f"curl -O {base}/data/{example}@1.csv\ncurl -O {base}/data/{example}@1.parquet",
        "versions": f"{at}\n{at}@1\n{base}/data/{example}@latest.csv",
        "usage": f"curl '{at}/usage.csv?from=2026-01&to=2026-06'\n"
        f"curl '{base}/reports/dsr?begin_date=2026-01&end_date=2026-06'",
        "errors": f"curl {base}/datasets/no-such-dataset.json",
        "doors": [(one, one.filled(base, _placed(work, example))) for one in DOORS],
        "groups": _groups(openapi),
    }
    return render(view, "developers.html", d=values)


def _placed(work: Work, otherwise: DatasetId) -> DatasetId:
    """A dataset with places that anyone may read, for examples."""
    asked = catalogue_room.Search(chosen={"format": ("geojson",)}, has_data=True, limit=1)
    found = catalogue_room.find(by_itself(work), asked).entries
    return found[0].dataset.id if found else otherwise


def _groups(openapi: Mapping[str, Any]) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for path, methods in openapi.get("paths", {}).items():
        for method in _METHODS:
            if not (one := methods.get(method)):
                continue
            name = (one.get("tags") or [path.split("/")[1] or "/"])[0]
            words = one.get("summary") or one.get("description", "").split("\n")[0]
            entry = {"method": method.upper(), "path": path, "words": words}
            groups.setdefault(str(name), []).append(entry)
    return [{"name": name, "entries": entries} for name, entries in groups.items()]


def versions(work: Work, view: View, id: DatasetId) -> str:
    """All versions of a dataset, withdrawn ones with their reason."""
    one = catalogue.dataset(work.db, id)
    require(work, Action.DISCOVER, one)
    found = catalogue.versions(work.db, id)
    values = {
        "title": speaker(view).text(one.title),
        "plain_address": f"/datasets/{id}",
        "versions": version_lines(found, found[0].number if found else None),
    }
    return render(view, "versions.html", d=values)


def _charted(
    work: Work, view: View, id: DatasetId, version: int | str | None
) -> tuple[reader.Opened, Chart]:
    opened = reader.open(work, id, version, use=Use.INVESTIGATION)
    if (found := chart(opened, view.settings.timezone)) is None:
        raise NotFound(f"“{id}” has no chart: there is no time, kind or measure to draw.")
    return opened, found


def chart_image(work: Work, view: View, id: DatasetId, version: int | str | None = None) -> str:
    """The chart as an SVG that stands alone: headline, drawing, source, on light paper."""
    opened, found = _charted(work, view, id, version)
    says = speaker(view)
    figure = page_look.chart_figure(work, opened, found, says)
    inner, frame = figures.image(found, says)
    accent = colour.hex_code(colour.corrected(colour.parse(view.settings.accent), on_dark=False))
    lines = {
        "headline": figure["headline"],
        "subtitle": figure["subtitle"],
        "source": f"{figure['source']}, {figure['as_of']}, {view.settings.name}",
    }
    return figures.alone(inner, frame, lines, accent)
