"""The public pages, each a plain function of (work, view): the door for browsers calls these."""

from citycommons.core.settings import Settings
from citycommons.web import theme
from citycommons.web.page_dataset import dataset
from citycommons.web.page_dataset import rows_part as table
from citycommons.web.page_diff import diff
from citycommons.web.page_home import home
from citycommons.web.page_map import map_explorer, places_json
from citycommons.web.page_plain import about, chart_image, developers, versions
from citycommons.web.page_publishers import publisher, publishers
from citycommons.web.page_quality import page as quality
from citycommons.web.page_search import search_page as search

__all__ = [
    "about",
    "chart_image",
    "dataset",
    "developers",
    "diff",
    "home",
    "map_explorer",
    "places_json",
    "publisher",
    "publishers",
    "quality",
    "search",
    "table",
    "theme_css",
    "versions",
]


def theme_css(settings: Settings) -> str:
    """The city's own stylesheet."""
    return theme.theme_css(settings.accent)
