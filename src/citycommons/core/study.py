"""An analysis as something to be kept, read and repeated (PROV Activity)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ClaimClass(StrEnum):
    """How far a finding carries; earned by tests and never chosen."""

    DESCRIPTIVE = "descriptive"  # this is what the sensors say
    ASSOCIATIONAL = "associational"  # it went together, and something else may have done it
    CAUSAL = "causal"  # the event did it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number with its 90 % interval; the unit is UCUM, or empty for a share."""

    name: str
    value: float
    low: float
    high: float
    unit: str = ""
    claim: ClaimClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What was asked, how it was answered, from which versions, and how sure the answer is."""

    question: str
    method: str
    inputs: tuple[str, ...]  # dataset@digest of each version read
    assumptions: tuple[str, ...]  # sentences
    findings: tuple[Finding, ...]
    claim: ClaimClass  # the lowest of its findings
    reasons: tuple[str, ...]  # why no higher one
    made: datetime
