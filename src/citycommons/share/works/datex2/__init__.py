"""DATEX II version 3, `SituationPublication`, written and read.

References
----------
DATEX II 3.7 schemas (EN 16157-2, -3, -7): Situation, LocationReferencing, Common. One situation is
one undertaking; its `MaintenanceWorks` says what and when, and each restriction of each phase is a
record beside it. What the standard has no word for stands in its own extension elements.
"""

from citycommons.share.works.datex2.read import read
from citycommons.share.works.datex2.written import MEDIA, written

__all__ = ["MEDIA", "read", "written"]
