"""WZDx 4.2 `WorkZoneFeed`, written and read.

References
----------
Work Zone Data Exchange 4.2: WorkZoneFeed, RoadEventFeature, FeedInfo. A road event is one
restriction in one direction in one stretch of time: a restriction of both directions is two events,
and one of some hours is an event for each of its days. What the standard has no word for stands
under `citycommons` beside its own properties.
"""

from citycommons.share.works.wzdx.read import read
from citycommons.share.works.wzdx.written import MEDIA, written

__all__ = ["MEDIA", "read", "written"]
