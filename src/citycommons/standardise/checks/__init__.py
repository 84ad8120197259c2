"""Checks of tables: what each kind finds, what a table gets by itself, and what is done then."""

from citycommons.standardise.checks.kind import Found, Kind, Known
from citycommons.standardise.checks.run import KINDS, Checked, check, validate
from citycommons.standardise.checks.suggest import suggested

__all__ = ["KINDS", "Checked", "Found", "Kind", "Known", "check", "suggested", "validate"]
