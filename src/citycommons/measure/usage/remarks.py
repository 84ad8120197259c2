"""What a SUSHI answer says when it is not all that was asked for.

References
----------
COUNTER Code of Practice, appendix F: errors and exceptions, with their numbers.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Reason(Enum):
    """COUNTER's number, severity and message."""

    NOT_AVAILABLE = (1000, "fatal", "Service Not Available")
    TOO_MANY = (1020, "error", "Client has made too many requests")
    NOT_AUTHORIZED = (2000, "error", "Requestor Not Authorized to Access Service")
    NO_REPORT = (3000, "error", "Report Not Supported")
    NO_RELEASE = (3010, "error", "Report Version Not Supported")
    DATES = (3020, "error", "Invalid Date Arguments")
    NO_USAGE = (3030, "warning", "No Usage Available for Requested Dates")
    NOT_READY = (3031, "warning", "Usage Not Ready for Requested Dates")
    PARTIAL = (3040, "warning", "Partial Data Returned")
    PARAMETER = (3050, "warning", "Parameter Not Recognized in this Context")
    FILTER = (3060, "error", "Invalid ReportFilter Value")
    ATTRIBUTE = (3062, "error", "Invalid ReportAttribute Value")
    MISSING = (3070, "error", "Required ReportFilter Missing")


@dataclass(frozen=True, slots=True)
class Remark:
    """One exception; `data` says what it is about, for a person."""

    reason: Reason
    data: str

    def as_json(self, url: str) -> dict[str, Any]:
        """As the report's schema writes it."""
        code, severity, message = self.reason.value
        return {
            "code": code,
            "severity": severity,
            "message": message,
            "help-url": f"{url}/developers#usage",
            "data": self.data,
        }
