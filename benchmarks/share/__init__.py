"""What readers get and how fast, beside the peers, over the same million features in one run.

`python -m benchmarks share [--rows N] [--seconds S] [--rounds N] [--skip NAME …]`. Each question is
asked of all in turn, several rounds; medians are compared. Ours runs as it always does: access
asked, licence and links told, exact totals, each use counted. Peers run from their packages with
two workers (Datasette, which has no more, with one).
"""

import argparse
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from benchmarks.city_features import features
from benchmarks.run import ROOT, Result, all_met, command, peers, say
from benchmarks.share import questions
from benchmarks.share.ckan_peer import ckan
from benchmarks.share.load import Rate, rate
from benchmarks.share.ogc_peers import datasette, pygeoapi, tipg
from benchmarks.share.ours import publish, served
from benchmarks.share.postgres import load_features, postgres
from benchmarks.share.questions import Words
from benchmarks.share.servers import memory_mb

PEERS = ROOT / ".venv-peers"
_COMMAND = "python -m benchmarks share"


def environment(name: str) -> Path:
    """The `bin` folder of one peer's own environment, made on first use."""
    folder = PEERS / name
    if not (folder / "made").exists():
        import sys

        command(sys.executable, "-m", "venv", folder)
        listed = ROOT / "benchmarks" / "share" / f"requirements-{name}.txt"
        command(folder / "bin" / "pip", "install", "-q", "--require-hashes", "-r", listed)
        (folder / "made").touch()
    return folder / "bin"


def main(arguments: list[str] | None = None) -> int:
    """The exit code is 0 when each budget is met."""
    parser = argparse.ArgumentParser(prog=_COMMAND, description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip", nargs="*", default=[], help="tipg, pygeoapi, datasette, ckan")
    given = parser.parse_args(arguments or [])
    table = features(given.rows)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="share-")))
        publish(folder / "home", table)
        ours, session = stack.enter_context(served(folder / "home", folder))
        asked: dict[str, tuple[str, Words]] = {"ours": (ours, questions.OURS)}
        port = stack.enter_context(postgres(folder))
        load_features(port, table)
        for name, open_peer, words in (
            ("tipg", tipg, questions.TIPG),
            ("pygeoapi", pygeoapi, questions.PYGEOAPI),
        ):
            if name not in given.skip:
                bin = environment("ogc")
                asked[name] = (stack.enter_context(open_peer(bin, port, folder)), words)
        if "datasette" not in given.skip:
            base = stack.enter_context(datasette(peers(), table, folder))
            asked["datasette"] = (base, questions.DATASETTE)
        if "ckan" not in given.skip:
            one = stack.enter_context(ckan(environment("ckan"), port, table, folder))
            asked["ckan"] = (one.base, questions.ckan(one.resource))
        results = _rates(asked, given.rows, given.seconds, given.rounds)
        results += _tiles(asked)
        results += _downloads(asked, given.rounds)
        results.append(
            _under("memory of both workers after all of it", memory_mb(session), 800, "MB")
        )
    return all_met(results)


def _rates(
    asked: Mapping[str, tuple[str, Words]], rows: int, seconds: float, rounds: int
) -> list[Result]:
    """Requests a second by question, and what they are beside each peer."""
    budgets: dict[str, tuple[Callable[[Words], list[str] | None], dict[str, float]]] = {
        "bbox + 100 features": (
            lambda words: words.box and questions.boxes(words.box),
            {"datasette": 40, "tipg": 100, "pygeoapi": 150},
        ),
        "single feature": (
            lambda words: words.one and questions.numbers(words.one, rows),
            {"best": 20},
        ),
        "attribute filter + 100": (
            lambda words: words.kind and questions.kinds(words.kind),
            {"best": 10},
        ),
        "filtered aggregate": (
            lambda words: words.groups and questions.groups(words.groups),
            {"ckan": 6, "datasette": 60},
        ),
        "package_show": (_package_show(asked), {"ckan": 10}),
    }
    results = []
    for name, (paths_of, wanted) in budgets.items():
        paths = {who: (base, paths_of(words)) for who, (base, words) in asked.items()}
        rates = _in_turn({w: (b, p) for w, (b, p) in paths.items() if p}, seconds, rounds)
        best = max((one.requests_s for who, one in rates.items() if who != "ours"), default=0.0)
        print(f"{name}: " + ", ".join(f"{w} {r.requests_s:.1f}/s" for w, r in rates.items()))
        for peer, least in wanted.items():
            there = best if peer == "best" else getattr(rates.get(peer), "requests_s", 0.0)
            if there:
                results.append(_told(f"{name}, {peer}", rates["ours"], there, least))
    return results


def _package_show(
    asked: Mapping[str, tuple[str, Words]],
) -> Callable[[Words], list[str] | None]:
    shown = [words for name, (_, words) in asked.items() if name in ("ours", "ckan")]
    return lambda words: ["/api/3/action/package_show?id=features"] if words in shown else None


def _in_turn(
    paths: Mapping[str, tuple[str, list[str]]], seconds: float, rounds: int
) -> dict[str, Rate]:
    found: dict[str, list[Rate]] = {who: [] for who in paths}
    for turn in range(rounds + 1):
        for who, (base, listed) in paths.items():
            one = rate(base, listed, seconds=1 if turn == 0 else seconds)
            if turn:  # the first warms up
                found[who].append(one)
    return {
        who: Rate(
            requests_s=statistics.median(one.requests_s for one in many),
            p95_ms=statistics.median(one.p95_ms for one in many),
        )
        for who, many in found.items()
    }


def _tiles(asked: Mapping[str, tuple[str, Words]]) -> list[Result]:
    """Milliseconds a tile, asked one by one: the first time, again, and of low zooms."""
    base, words = asked["ours"]
    assert words.tile is not None
    budgets = (("z14, first", 14, 25.0), ("z14, again", 14, 2.0), ("z8 to z11, first", 11, 50.0))
    results = []
    for name, zoom, most in budgets:
        low = [p for z in (8, 9, 10) for p in questions.tiles(words.tile, z, 50)]
        paths = (
            questions.tiles(words.tile, zoom, 80)
            if zoom == 14
            else [
                *low,
                *questions.tiles(words.tile, zoom, 50),
            ]
        )
        for path in paths * (8 if "again" in name else 0):  # each worker keeps its own
            _seconds(base + path)
        times = sorted(_seconds(base + path) * 1000 for path in paths)
        p95 = times[int(len(times) * 0.95)]
        results.append(_under(f"tile {name}, p95", p95, most))
    return results


def _under(name: str, ours: float, most: float, unit: str = "ms") -> Result:
    return say(
        Result(
            name=name,
            ours=ours,
            peer=most,
            unit=unit,
            ratio=ours / most,
            budget=f"≤ {most:g} {unit}",
            is_met=ours <= most,
            command=_COMMAND,
        )
    )


def _told(name: str, ours: Rate, peer: float, least: float) -> Result:
    return say(
        Result(
            name=f"{name} (our p95 {ours.p95_ms:.2f} ms)",
            ours=ours.requests_s,
            peer=peer,
            unit="requests/s",
            ratio=ours.requests_s / peer,
            budget=f"≥ {least:g} ×",
            is_met=ours.requests_s >= least * peer,
            command=_COMMAND,
        )
    )


def _downloads(asked: Mapping[str, tuple[str, Words]], rounds: int) -> list[Result]:
    """Seconds for all rows as a file, the first time told apart."""
    base = asked["ours"][0]
    results = []
    others_of = {
        "csv": [
            (who, asked[who][0] + path, factor)
            for who, path, factor in (
                ("ckan", "/datastore/dump/{}", 1.0),
                ("datasette", "/ds/features.csv?_stream=on&_size=max", 10.0),
            )
            if who in asked
        ],
        "geojson": [],
    }
    for format, others in others_of.items():
        own = f"{base}/data/features@1.{format}"
        first = _seconds(own)
        mine = statistics.median(_seconds(own) for _ in range(rounds))
        print(f"{format}: first {first:.2f} s, then {mine:.2f} s")
        if format == "geojson":
            results.append(_faster("GeoJSON of all rows, first time", first, 0.8, 1.0))
        for who, address, factor in others:
            if who == "ckan":
                address = address.format(_resource(asked))
            theirs = statistics.median(
                _seconds(address) for _ in range(1 if factor > 1 else rounds)
            )
            results.append(_faster(f"CSV of all rows, {who}", first, theirs, factor))
    return results


def _resource(asked: Mapping[str, tuple[str, Words]]) -> str:
    words = asked["ckan"][1]
    assert words.groups is not None
    return words.groups(0).split("%22")[1]


def _faster(name: str, ours: float, theirs: float, factor: float) -> Result:
    return say(
        Result(
            name=name,
            ours=ours,
            peer=theirs,
            unit="s",
            ratio=theirs / ours,
            budget=f"≥ {factor:g} × as fast",
            is_met=ours * factor <= theirs,
            command=_COMMAND,
        )
    )


def _seconds(address: str) -> float:
    start = time.perf_counter()
    with urllib.request.urlopen(address, timeout=300) as answer:
        while answer.read(1 << 20):
            pass
    return time.perf_counter() - start
