"""How the columns of a new file differ from those of the version before."""

from citycommons.standardise.drift import Drift, DriftKind, drift, drifted

__all__ = ["Drift", "DriftKind", "drift", "drifted"]
