"""What people ask the city for: requests for data, and searches that found nothing."""

from citycommons.engage.wanted.asking import open_requests
from citycommons.engage.wanted.missing import Missed, missed

__all__ = ["Missed", "missed", "open_requests"]
