"""A million lines of an access log to a monthly report: robots, double clicks, sessions.

`python -m benchmarks usage_logs [--lines N]`. The log is invented: a month of a portal of 200
datasets whose popularity falls as Zipf's law says, with browsers, programs, robots, errors and
pages that are no dataset. Exit code 1 if it takes longer than 2 s a million lines on two cores.
"""

import argparse
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

MOST_S = 2.0
_DATASETS = [f"dataset-{n}" for n in range(200)]
_WEIGHTS = [1 / (n + 1) for n in range(200)]
_AGENTS = (
    *(
        f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0"
        for n in range(90, 140)
    ),
    *(
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/{n}.0.{m}.0 Safari/537.36"
        for n in range(100, 130)
        for m in range(6000, 6030)
    ),
    *("curl/8.5.0", "python-requests/2.32.3", "GDAL/3.8.4", "QGIS/33400") * 40,
    *("Mozilla/5.0 (compatible; Googlebot/2.1)", "GPTBot/1.0", "ClaudeBot/1.0") * 50,
)
_REFERERS = ("-", "-", "-", "https://www.google.com/", "https://data.example/datasets")
_OTHERS = ("/", "/static/city.css", "/favicon.ico", "/datasets?q=bike")


def main(arguments: list[str] | None = None) -> int:
    """Prints seconds of three runs, and what was counted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks usage_logs")
    parser.add_argument("--lines", type=int, default=1_000_000)
    given = parser.parse_args(arguments or [])
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        _write(log, given.lines)
        print(f"{given.lines} lines, {log.stat().st_size / 1e6:.0f} MB")
        best = min(_seconds(log) for _ in range(3))
    limit = MOST_S * given.lines / 1_000_000
    print(f"best: {best:.2f} s (most: {limit:.2f} s)")
    return int(best > limit)


def _seconds(log: Path) -> float:
    from citycommons.measure.usage import logs

    begun, used = time.perf_counter(), time.process_time()
    found = logs.count([log], host="data.example")
    report = found.counted()
    taken = time.perf_counter() - begun
    processor = time.process_time() - used
    print(
        f"{taken:.2f} s, {processor:.2f} s of a processor: {len(report)} figures; "
        f"{found.robots} by robots, {found.repeated} double clicks, {found.failed} failed, "
        f"{found.elsewhere} elsewhere"
    )
    return taken


def _write(log: Path, lines: int) -> None:
    chance = random.Random(7)
    begin, step = datetime(2026, 3, 1, tzinfo=UTC), timedelta(days=31) / lines
    datasets = chance.choices(_DATASETS, _WEIGHTS, k=lines)
    states = chance.choices((200, 304, 404, 206, 302), (80, 8, 6, 3, 3), k=lines)
    visitors = [
        f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{n % 256}.{n % 250}"
        for n in range(max(lines // 20, 1))
    ]
    last = ""
    with log.open("w", encoding="utf-8") as file:
        for place, (dataset, state) in enumerate(zip(datasets, states, strict=True)):
            who, rest = (
                last.split("|", 1)
                if last and chance.random() < 0.05
                else (
                    chance.choice(visitors),
                    f'"GET {_path(chance, dataset)} HTTP/1.1" {state} 5120 '
                    f'"{chance.choice(_REFERERS)}" "{chance.choice(_AGENTS)}"',
                )
            )  # one in twenty clicks twice
            last = f"{who}|{rest}"
            when = f"{begin + place * step:%d/%b/%Y:%H:%M:%S +0000}"
            file.write(f"{who} - - [{when}] {rest}\n")


def _path(chance: random.Random, dataset: str) -> str:
    kind = chance.random()
    if kind < 0.35:
        return f"/datasets/{dataset}"
    if kind < 0.55:
        format = chance.choices(("csv", "geojson", "xlsx", "parquet"), (60, 20, 15, 5))[0]
        return f"/data/{dataset}@latest.{format}"
    if kind < 0.75:
        return f"/ogc/collections/{dataset}/items?limit=100&offset={chance.randrange(90) * 100}"
    if kind < 0.85:
        x, y = chance.randrange(300), chance.randrange(300)
        return f"/tiles/{dataset}/{chance.randrange(8, 15)}/{x}/{y}.mvt"
    if kind < 0.9:
        return f"/api/3/action/package_show?id={dataset}"
    return chance.choice(_OTHERS)
