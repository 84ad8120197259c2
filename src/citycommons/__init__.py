"""City Commons: from a city's scattered data to services citizens feel."""

__version__ = "0.1.0"
