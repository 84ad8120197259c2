"""What every connector must keep to; a stranger runs it on a plug of their own."""

from dataclasses import is_dataclass
from datetime import timedelta
from pathlib import PurePosixPath

from citycommons.collect.cache import digest_of
from citycommons.core.errors import Invalid
from citycommons.core.plugs import Connector
from citycommons.core.types import Parcel


def check_connector(connector: Connector) -> list[Parcel]:
    """Fetch twice and return the parcels of the first time.

    Raises `Invalid` that says what the connector does not keep to.
    """
    name = type(connector).__name__
    if not is_dataclass(connector) or not type(connector).__dataclass_params__.frozen:
        raise Invalid(f"{name} is no frozen dataclass; its fields are its options.")
    parcels = [_checked(name, parcel) for parcel in connector.fetch()]
    if not parcels:
        raise Invalid(f"{name} brought nothing; raise NotFound or Unavailable instead.")
    again = [(parcel.name, parcel.digest) for parcel in connector.fetch()]
    if again != [(parcel.name, parcel.digest) for parcel in parcels]:
        raise Invalid(f"{name} brought other parcels the second time; keep a stable order.")
    return parcels


def _checked(name: str, parcel: Parcel) -> Parcel:
    if not isinstance(parcel, Parcel):
        raise Invalid(f"{name} brought a {type(parcel).__name__}; bring a core.types.Parcel.")
    if not parcel.path.is_file():
        raise Invalid(f"{name} brought {parcel.name}, whose file {parcel.path} is not there.")
    if not parcel.name or ".." in PurePosixPath(parcel.name).parts:
        raise Invalid(f"{name} brought a parcel named “{parcel.name}”; give it a file name.")
    if parcel.received.utcoffset() != timedelta(0):
        raise Invalid(f"{name} brought {parcel.name} with a time that is not in UTC.")
    if parcel.digest != digest_of(parcel.path):
        raise Invalid(f"{name} brought {parcel.name} with a digest that is not its SHA-256.")
    if not parcel.origin:
        raise Invalid(f"{name} brought {parcel.name} without saying where it came from.")
    return parcel
