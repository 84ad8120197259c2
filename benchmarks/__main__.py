"""`python -m benchmarks [name …]`: all budgets, or the named ones; one name may have options."""

import importlib
import sys

NAMES = (
    "start",
    "publication",
    "collect",
    "counting",
    "harvest",
    "safety",
    "search",
    "semantic",
    "dataset_page",
    "demo",
    "lighthouse",
    "report",
    "package_search",
    "share",
    "share_slow_clients",
    "usage_logs",
)


def main(names: list[str]) -> int:
    if names[1:2] and names[1].startswith("-") and names[0] in NAMES:
        return int(importlib.import_module(f"benchmarks.{names[0]}").main(names[1:]))
    if unknown := set(names) - set(NAMES):
        print(f"No benchmark named {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    worst = 0
    for name in names or NAMES:
        worst = max(worst, importlib.import_module(f"benchmarks.{name}").main())
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
