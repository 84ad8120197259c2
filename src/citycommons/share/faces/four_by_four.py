"""Ids of four and four signs, `abcd-2345`, which Socrata's clients insist on.

Each is made of the dataset's own id, so it stays; of two that would be the same the older dataset
keeps it. The map is made once for each state of the catalogue.
"""

import hashlib
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

from citycommons.core.types import DatasetId
from citycommons.store import catalogue
from citycommons.store.work import Work

_SIGNS = "23456789abcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"[2-9a-z]{4}-[2-9a-z]{4}")
_KEPT = 8  # cities whose map is kept
_maps: OrderedDict[tuple[str, object], "Map"] = OrderedDict()
_kept = threading.Lock()


@dataclass(frozen=True)
class Map:
    """Dataset → its id of four and four, and back."""

    of: dict[DatasetId, str]

    @cached_property
    def back(self) -> dict[str, DatasetId]:
        return {short: id for id, short in self.of.items()}


def short(id: str, number: int = 0) -> str:
    """Eight signs out of the hash of an id; `number` where another has the first ones."""
    made = int.from_bytes(hashlib.sha256(f"{id}\0{number}".encode()).digest()[:16], "big")
    signs = []
    for _ in range(8):
        made, place = divmod(made, len(_SIGNS))
        signs.append(_SIGNS[place])
    return "".join(signs[:4]) + "-" + "".join(signs[4:])


def mapped(ids: list[DatasetId]) -> Map:
    """The map of these datasets, older ones first."""
    found: dict[str, DatasetId] = {}
    for id in ids:
        number = 0
        while (name := short(id, number)) in found:
            number += 1
        found[name] = id
    return Map({id: name for name, id in found.items()})


def all_of(work: Work) -> Map:
    """The map of the catalogue as it is now."""
    state = (str(work.lake.root), catalogue.state(work.db))
    with _kept:
        if (found := _maps.get(state)) is not None:
            return found
    found = mapped(catalogue.ids(work.db))
    with _kept:
        _maps[state] = found
        while len(_maps) > _KEPT:
            _maps.popitem(last=False)
    return found


def id_of(work: Work, name: str) -> DatasetId:
    """The dataset's own id, of either; what is neither is given back as it is."""
    if not _FORM.fullmatch(name) or catalogue.find_dataset(work.db, DatasetId(name)):
        return DatasetId(name)
    return all_of(work).back.get(name, DatasetId(name))
