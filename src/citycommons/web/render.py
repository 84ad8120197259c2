"""Templates: one environment for each language, everything escaped, words through gettext."""

from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from citycommons.web import sparks
from citycommons.web.assets import static_url
from citycommons.web.language import NAMES, translations
from citycommons.web.presentation import Says, says
from citycommons.web.theme import SANS, SERIF, theme_url
from citycommons.web.told import told
from citycommons.web.view import View

FOLDER = Path(__file__).parent / "templates"


@cache
def environment(language: str) -> Environment:
    """The templates of one language."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    found = translations(language)
    made.install_gettext_translations(found, newstyle=True)  # type: ignore[attr-defined]
    speaker = says(language)
    made.globals.update(
        says=speaker,
        languages=NAMES,
        static=static_url,
        sparkline=sparks.sparkline,
        distribution=sparks.distribution,
        marks=sparks.marks,
    )
    made.filters.update(
        number=speaker.number,
        compact=speaker.compact,
        percent=speaker.percent,
        date=speaker.date,
        time=speaker.time,
        size=speaker.bytes,
        text=speaker.text,
        tongue=speaker.tongue,
        told=partial(told, language=language),
        path=lambda value: quote(str(value), safe=""),
    )
    return made


def render(view: View, template: str, **values: Any) -> str:
    """The template as HTML for this view."""
    theme = {"url": theme_url(view.settings.accent), "sans": SANS, "serif": SERIF}
    made = environment(view.language).get_template(template)
    return made.render(view=view, theme=theme, **values)


def speaker(view: View) -> Says:
    """Who says numbers and dates in the view's language."""
    return says(view.language)
