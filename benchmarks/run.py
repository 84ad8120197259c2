"""How a benchmark is run and said: machine, command, figures, ratio against the peer, budget."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PEERS = ROOT / ".venv-peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One budget: ours beside the peer's, both measured in this run."""

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    budget: str
    is_met: bool
    command: str


def say(result: Result) -> Result:
    """Print the result as a sentence and as one line of JSON."""
    verdict = "met" if result.is_met else "NOT MET"
    print(
        f"{result.name}: ours {result.ours:.4g} {result.unit}, peer {result.peer:.4g} "
        f"{result.unit}, ratio {result.ratio:.2f}, budget {result.budget}: {verdict}"
    )
    print(json.dumps({**asdict(result), "machine": machine()}, ensure_ascii=False), flush=True)
    return result


def machine() -> str:
    """Processor, cores and Python, as far as the system tells."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def median_seconds(act: Callable[[], object], times: int) -> float:
    """The median wall time of so many runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def interleaved(
    ours: Callable[[], object], peer: Callable[[], object], times: int
) -> tuple[float, float]:
    """Medians of both, run in turns so that a noisy neighbour hits both alike."""
    a, b = [], []
    for _ in range(times):
        a.append(median_seconds(ours, 1))
        b.append(median_seconds(peer, 1))
    return statistics.median(a), statistics.median(b)


def command(*words: str | Path, **environment: str) -> None:
    """Run a command to its end; its failure is ours."""
    subprocess.run(
        [str(word) for word in words],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def peers() -> Path:
    """The `bin` folder of the peers' own environment, made on first use."""
    wanted = ("datasette", "frictionless", "sqlite-utils")
    if not all((PEERS / "bin" / name).exists() for name in wanted):
        command(sys.executable, "-m", "venv", PEERS)
        listed = ROOT / "benchmarks" / "requirements.txt"
        command(PEERS / "bin" / "pip", "install", "-q", "--require-hashes", "-r", listed)
    return PEERS / "bin"


def ours() -> Path:
    """The command `citycommons` of this environment."""
    return Path(sys.executable).parent / "citycommons"


def until_answers(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> float:
    """Seconds until the address answers 200."""
    import urllib.error
    import urllib.request

    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with {process.returncode} before it answered.")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return time.perf_counter() - start
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.01)
    raise RuntimeError(f"{url} did not answer in {seconds} s.")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server that this run started."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def requests_per_second(url: str, seconds: float = 4, connections: int = 8) -> tuple[float, float]:
    """Requests a second over keep-alive connections, and the 95th percentile in milliseconds."""
    import http.client
    import threading
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    times: list[float] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        link = http.client.HTTPConnection(parts.hostname or "", parts.port)
        while (start := time.perf_counter()) < end:
            link.request("GET", path, headers={"Accept": "text/html"})
            answer = link.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{url} answered {answer.status}.")
            times.append(time.perf_counter() - start)
        link.close()

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - begun
    if not times:
        raise RuntimeError(f"{url} gave no answer.")
    p95 = statistics.quantiles(times, n=20)[-1] * 1000 if len(times) > 1 else times[0] * 1000
    return len(times) / taken, p95


def free_port() -> int:
    """A port of the loopback address that is free now."""
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def all_met(results: Sequence[Result]) -> int:
    """Exit code: 0 when each budget is met."""
    return 0 if all(result.is_met for result in results) else 1
