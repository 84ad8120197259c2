"""Reference systems by name."""

from citycommons.core.errors import Invalid


def named(text: str) -> str:
    """The system's code as `EPSG:2056`. Raises `Invalid` for one that does not exist."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        found = CRS.from_user_input(f"EPSG:{text}" if text.isdecimal() else text)
    except CRSError as cause:
        raise Invalid(
            f"“{text}” is no reference system. Write its EPSG code, such as EPSG:25832."
        ) from cause
    authority = found.to_authority(min_confidence=70)
    if authority is None:
        raise Invalid(f"“{text}” has no EPSG code. Write one, such as EPSG:25832.")
    return ":".join(authority)
