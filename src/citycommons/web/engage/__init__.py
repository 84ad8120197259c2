"""What came of the data and what people ask for: reuses, stories, requests, demand."""

from citycommons.web.engage import (
    asking,
    claiming,
    demand,
    feeds,
    reuse_desk,
    reuses,
    stories,
    story_desk,
)

HANDLERS = [
    *claiming.HANDLERS,
    *reuses.HANDLERS,
    *reuse_desk.HANDLERS,
    *stories.HANDLERS,
    *story_desk.HANDLERS,
    *asking.HANDLERS,
    *demand.HANDLERS,
    *feeds.HANDLERS,
]
