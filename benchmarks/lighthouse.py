"""Lighthouse on home, search and dataset page of Città Ideale: speed ≥ 95, accessibility 100.

Needs npm and Chromium; the tool is installed into the peers' environment on first use.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.run import (
    PEERS,
    Result,
    all_met,
    command,
    free_port,
    ours,
    say,
    stop,
    until_answers,
)

VERSION = "12.8.2"
PAGES = ("/", "/datasets?q=parking", "/datasets/car-park-occupancy")
FLAGS = "--headless=new --no-sandbox --disable-background-networking --disable-component-update"


def tool() -> Path:
    """The command `lighthouse`, installed when missing."""
    folder = PEERS / "lighthouse"
    binary = folder / "node_modules" / ".bin" / "lighthouse"
    if not binary.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command("npm", "install", "--silent", "--prefix", folder, f"lighthouse@{VERSION}")
    return binary


def scores(address: str, *, is_phone: bool) -> dict[str, float]:
    """Scores in per cent by category."""
    words = [str(tool()), address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    words += ["--only-categories=performance,accessibility"]
    words += [] if is_phone else ["--preset=desktop"]
    path = os.environ.get("CITYCOMMONS_TEST_CHROMIUM", "/usr/bin/chromium")
    done = subprocess.run(
        words, check=True, capture_output=True, env={**os.environ, "CHROME_PATH": path}
    )
    categories = json.loads(done.stdout)["categories"]
    return {name: 100 * one["score"] for name, one in categories.items()}


def main() -> int:
    results = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        command(ours(), "demo", "--city", "ideal", "--once", "--home", home)
        port = free_port()
        server = subprocess.Popen(
            [str(ours()), "serve", "--home", str(home), "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until_answers(f"http://127.0.0.1:{port}/", server)
            for page in PAGES:
                for is_phone in (False, True):
                    found = scores(f"http://127.0.0.1:{port}{page}", is_phone=is_phone)
                    for category, least in (("performance", 95), ("accessibility", 100)):
                        results.append(
                            Result(
                                name=f"{category} of {page} on a {'phone' if is_phone else 'desk'}",
                                ours=found[category],
                                peer=100,
                                unit="%",
                                ratio=found[category] / 100,
                                budget=f"≥ {least}",
                                is_met=found[category] >= least,
                                command="python -m benchmarks lighthouse",
                            )
                        )
        finally:
            stop(server)
    return all_met([say(result) for result in results])


if __name__ == "__main__":
    sys.exit(main())
