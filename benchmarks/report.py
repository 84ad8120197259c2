"""The report of 100 000 faults: a CSV read, checked and told, beside a file without faults."""

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.run import Result, all_met, interleaved, say
from citycommons.core.types import Field, FieldType, Parcel, Plan, Policy, Rule
from citycommons.standardise.read import standardised

ROWS = 100_000
RULE = Rule(kind="range", columns=("speed",), options={"maximum": 200}, policy=Policy.REJECT_ROW)


def _file(folder: Path, name: str, value: str, speed: int) -> Parcel:
    path = folder / name
    lines = (f"2026-03-01;site {n % 50};{value};{speed + n % 50}\n" for n in range(ROWS))
    path.write_text("day;site;riders;speed\n" + "".join(lines))
    return Parcel(path=path, name=name, received=datetime(2026, 3, 1, tzinfo=UTC))


def _read(parcel: Parcel, rules: tuple[Rule, ...] = ()) -> int:
    fields = (Field(name="riders", type=FieldType.INTEGER),)
    found = standardised([parcel], plan=Plan(fields=fields), rules=rules, has_own_checks=False)
    assert found.faults is not None
    return found.faults.num_rows


def told() -> Result:
    """100 000 values that do not fit: each with line, column, value, rule and what was done."""
    with tempfile.TemporaryDirectory() as folder:
        broken = _file(Path(folder), "broken.csv", "many", 20)
        good = _file(Path(folder), "good.csv", "12", 20)
        assert _read(broken) == ROWS
        mine, peer = interleaved(lambda: _read(broken), lambda: _read(good), 5)
    return _said("report of 100 000 values that do not fit", mine, peer)


def kept_aside() -> Result:
    """100 000 rows that a rule rejects: each kept whole, with its reason."""
    with tempfile.TemporaryDirectory() as folder:
        broken = _file(Path(folder), "broken.csv", "12", 300)
        good = _file(Path(folder), "good.csv", "12", 20)
        assert _read(broken, (RULE,)) == ROWS
        mine, peer = interleaved(lambda: _read(broken, (RULE,)), lambda: _read(good, (RULE,)), 5)
    return _said("report of 100 000 rejected rows", mine, peer)


def _said(name: str, mine: float, peer: float) -> Result:
    return say(
        Result(
            name=name,
            ours=mine,
            peer=peer,
            unit="s",
            ratio=mine / peer,
            budget="< 2 s, reading included (the peer is the same file without faults)",
            is_met=mine < 2,
            command="python -m benchmarks report",
        )
    )


def main() -> int:
    return all_met([told(), kept_aside()])


if __name__ == "__main__":
    sys.exit(main())
