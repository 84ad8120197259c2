"""`python -m benchmarks [name …]`: all budgets, or the named ones."""

import importlib
import sys

NAMES = ("start", "publication", "search", "dataset_page", "demo", "lighthouse", "report")


def main(names: list[str]) -> int:
    if unknown := set(names) - set(NAMES):
        print(f"No benchmark named {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    worst = 0
    for name in names or NAMES:
        worst = max(worst, importlib.import_module(f"benchmarks.{name}").main())
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
