"""What kind of client asks: a person, a machine or a robot (COUNTER Code of Practice)."""

import re
from functools import lru_cache

from citycommons.core.types import ClientKind

# COUNTER's list of robots by what their names have in common; machines are programs that people
# run on purpose, which COUNTER counts apart from pages and from crawlers.
_ROBOT = re.compile(
    r"bot\b|bot[/ _-]|crawl|spider|slurp|archiver|scrapy|facebookexternalhit|mediapartners"
    r"|bingpreview|headlesschrome|lighthouse|monitor|uptime|pingdom|validator|preview"
    r"|\bgptbot|ccbot|claudebot|bytespider|ia_archiver|heritrix|nutch",
    re.IGNORECASE,
)
_PERSON = re.compile(r"^mozilla/|^opera/", re.IGNORECASE)


@lru_cache(maxsize=4096)
def kind_of(agent: str) -> ClientKind:
    """The kind that a `User-Agent` says; who says nothing is a machine."""
    if _ROBOT.search(agent):
        return ClientKind.ROBOT
    return ClientKind.PERSON if _PERSON.search(agent) else ClientKind.MACHINE
