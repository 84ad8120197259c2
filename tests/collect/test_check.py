from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from citycommons.collect.cache import digest_of
from citycommons.collect.check import check_connector
from citycommons.core import plugs
from citycommons.core.errors import Invalid
from citycommons.core.types import Digest, Parcel


@dataclass(frozen=True)
class Given:
    """Brings what it was given; the second list is what it brings the second time."""

    parcels: list
    again: list | None = None

    def fetch(self) -> Iterator:
        yield from self.parcels
        if self.again is not None:
            self.parcels[:] = self.again


@pytest.fixture
def good(tmp_path: Path) -> Parcel:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x\n1\n")
    return Parcel(
        path=path,
        name="a.csv",
        origin="https://city.example/a.csv",
        received=datetime.now(UTC),
        digest=digest_of(path),
    )


def test_a_connector_that_keeps_to_it_passes(good):
    assert check_connector(Given([good])) == [good]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": Path("/nowhere/a.csv")}, "is not there"),
        ({"name": "../a.csv"}, "give it a file name"),
        ({"digest": Digest("0" * 64)}, "digest"),
        ({"origin": ""}, "where it came from"),
        ({"received": datetime.now(timezone(timedelta(hours=1)))}, "not in UTC"),
    ],
)
def test_a_wrong_parcel_is_named(good, change, words):
    with pytest.raises(Invalid, match=words):
        check_connector(Given([replace(good, **change)]))


def test_nothing_is_not_enough():
    with pytest.raises(Invalid, match="brought nothing"):
        check_connector(Given([]))


def test_another_order_the_second_time_is_named(good):
    other = replace(good, name="b.csv")
    with pytest.raises(Invalid, match="second time"):
        check_connector(Given([good, other], again=[other, good]))


def test_a_plug_that_is_no_dataclass_is_named():
    class Loose:
        def fetch(self):
            yield

    with pytest.raises(Invalid, match="frozen dataclass"):
        check_connector(Loose())


def test_built_in_connectors_are_found_like_any_other():
    assert {"web", "mirror"} <= set(plugs.names("connectors"))
    assert plugs.load("connectors", "web").__name__ == "Web"
