"""Search by meaning beside full text: 24 needs asked in four languages, over the demo city.

`python -m benchmarks semantic --home HOME` with a copy of the demo's home, and the extra
`citycommons[semantic]` installed. Which entries answer a need stands in `semantic_queries.json`.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from citycommons.core.settings import Settings
from citycommons.core.types import ANYONE
from citycommons.share import catalogue, encoders, meaning
from citycommons.share.catalogue import Search
from citycommons.store.work import City, Work

LANGUAGES = ("en", "it", "fr", "de")
NEEDS = Path(__file__).with_name("semantic_queries.json")
NOWHERE = (  # nobody's city has data on these
    "recipe for apple pie",
    "quantum chromodynamics",
    "Latin grammar of the subjunctive",
    "come riparare un violino",
    "calciatori del Brasile",
    "anneaux de Saturne",
    "traduction de la poésie chinoise",
    "Gitarre stimmen",
    "Dinosaurier der Kreidezeit",
    "chess openings",
    "knitting patterns",
    "Rezept für Marmelade",
)
Ask = Callable[[Work, str], list[str]]


def words(work: Work, text: str) -> list[str]:
    """Full text alone."""
    found = catalogue.find(work, Search(text=text, limit=100))
    return [str(one.dataset.id) for one in found.entries]


def meanings(work: Work, text: str) -> list[str]:
    """Meaning alone, without a bar."""
    return [str(id) for id, _ in _near(work, text, -1.0)][:100]


def both(work: Work, text: str) -> list[str]:
    """What a reader of the search page sees, from the top."""
    asked = Search(text=text, limit=20)
    found = catalogue.find(work, asked)
    near = meaning.related(work, asked, found)
    entries = (*near, *found.entries) if found.is_loose else (*found.entries, *near)
    return [str(one.dataset.id) for one in entries]


def _near(work: Work, text: str, near: float = meaning.NEAR) -> list[tuple[str, float]]:
    model = encoders.encoder()
    assert model is not None
    vectors = meaning.kept(work.lake, model)
    assert vectors is not None
    return [(str(id), score) for id, score in vectors.nearest(encoders.question(model, text), near)]


def measured(city: City, needs: list[dict[str, Any]], ask: Ask) -> dict[str, float]:
    """hit@1, hit@5, MRR, hit@1 of each language, and the median milliseconds of a question."""
    ranks: dict[str, list[int]] = {language: [] for language in LANGUAGES}
    took: list[float] = []
    for need in needs:
        for language in LANGUAGES:
            start = time.perf_counter()
            with city.work(ANYONE, may_write=False) as work:
                answers = ask(work, need[language])
            took.append(time.perf_counter() - start)
            right = [place for place, id in enumerate(answers, 1) if id in need["relevant"]]
            ranks[language].append(right[0] if right else 0)
    every = [rank for some in ranks.values() for rank in some]
    told = {"hit@1": _share(every, 1), "hit@5": _share(every, 5)}
    told["MRR"] = statistics.mean(1 / rank if rank else 0.0 for rank in every)
    told |= {f"hit@5 {language}": _share(some, 5) for language, some in ranks.items()}
    return told | {"ms": statistics.median(took) * 1000}


def _share(ranks: list[int], most: int) -> float:
    return statistics.mean(0 < rank <= most for rank in ranks)


def bars(city: City, needs: list[dict[str, Any]]) -> None:
    """For each bar: needs with a right answer among the five offered, nonsense with any."""
    with city.work(ANYONE, may_write=False) as work:
        for bar in (0.18, 0.2, 0.22, 0.24, 0.26, 0.3, 0.35, 0.4):
            asked = [(need, need[language]) for need in needs for language in LANGUAGES]
            right = [
                bool({id for id, _ in _near(work, text, bar)[:5]} & set(need["relevant"]))
                for need, text in asked
            ]
            nonsense = [len(_near(work, text, bar)[:5]) for text in NOWHERE]
            print(
                f"bar {bar:.2f}: right among five {statistics.mean(right):.2f}, nonsense offered "
                f"anything {statistics.mean(map(bool, nonsense)):.2f}, {sum(nonsense)} entries"
            )


def main(given: list[str] | None = None) -> int:
    reader = argparse.ArgumentParser()
    reader.add_argument("--home", type=Path, default=Path("demo"))
    home = reader.parse_args(given or []).home
    if not encoders.is_installed() or not (home / "city.db").exists():
        print("semantic: needs citycommons[semantic] and --home of a copy of the demo city")
        return 0
    city = City.open(Settings(home=home))
    needs = json.loads(NEEDS.read_text())
    start = time.perf_counter()
    texts = meaning.refresh(city)
    print(f"{texts} texts in {time.perf_counter() - start:.1f} s")
    bars(city, needs)
    for ask in (words, meanings, both):
        encoders.question.cache_clear()
        told = measured(city, needs, ask)
        print(ask.__name__, *(f"{name} {value:.2f}" for name, value in told.items()))
    city.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
