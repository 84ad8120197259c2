"""`citycommons demo --federation`: tell the story once, then serve the three portals."""

import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from citycommons.cli import supervise
from citycommons.cli.federation import told
from citycommons.cli.federation.portals import HOST, PLACES
from citycommons.cli.federation.told import Hands, Told
from citycommons.cli.present import print_columns, print_json
from citycommons.core.errors import Conflict, Unavailable


def run(base: Path, first_port: int, hands: Hands, *, once: bool, is_json: bool) -> int:
    """Build three portals below `base` unless they stand there; report, or serve them.

    Raises `Conflict` when they stand there under other addresses, `Unavailable` for a port that
    is taken. The exit code is 0 when every request that was served is reported.
    """
    ports = [first_port + number for number in range(len(PLACES))]
    for port in ports:
        supervise.check_port(HOST, port)
    found = told.kept(base)
    if found is None:
        _check_empty(base)
        found = told.tell(base, ports, hands)
    elif (port := int(found[0].url.rpartition(":")[2])) != first_port and not once:
        raise Conflict(
            f"The three portals in {base} know one another by the ports from {port} on. Serve "
            f"them there (--port {port}), or build others with another --home."
        )
    _report(base, found, is_json)
    if not once:
        return _serve(found)
    return 0 if all(one.served == one.reported for one in found) else Unavailable.exit_code


def _check_empty(base: Path) -> None:
    there = [place.id for place in PLACES if (base / place.id).exists()]
    if there:
        raise Conflict(
            f"{base} holds the beginning of an earlier try ({', '.join(there)}). Remove the "
            "folder, or choose another --home."
        )


def _report(base: Path, found: list[Told], is_json: bool) -> None:
    if is_json:
        print_json({"home": base, "cities": [asdict(one) for one in found]})
        return
    reported = f"reported to {found[0].name}"
    head = ("portal", "datasets", "calls", "fetched", "served", reported, "address")
    rows = [
        (one.name, one.datasets, one.calls, one.fetched, one.served, one.reported, one.url)
        for one in found
    ]
    print_columns(head, rows)


def _serve(found: list[Told]) -> int:
    """All three, each with its worker, until somebody says stop or one of them ends."""
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, stop)
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                supervise.child("citycommons.cli.main", ["serve", "--home", one.home])
            )
            for one in found
        ]
        print(f"The three portals are open (Ctrl-C ends them); begin with {found[0].url}/value.")
        sys.stdout.flush()
        while not asked and all(child.poll() is None for child in children):
            time.sleep(0.3)
    return 130 if asked and asked[0] == signal.SIGINT else 0 if asked else Unavailable.exit_code
