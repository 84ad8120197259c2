"""Starts a worker: `python -m citycommons.jobs.run --home …`; as many as one likes."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path

from citycommons.core.errors import CityError
from citycommons.core.settings import read_settings
from citycommons.jobs import errands, worker
from citycommons.store.work import City


def main(arguments: list[str] | None = None) -> int:
    """Work until told to stop (SIGINT, SIGTERM), or with --once until nothing waits."""
    parser = argparse.ArgumentParser(prog="python -m citycommons.jobs.run", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the city")
    parser.add_argument("--once", action="store_true", help="do what waits now, then exit")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
    try:
        city = City.open(read_settings(given.home))
        try:
            if given.once:
                errands.work_off(city)
                worker.work_off(city)
                errands.tell_webhooks(city, stop)
            else:
                with errands.running(city, stop):
                    worker.run(city, stop)
        finally:
            city.close()
    except CityError as error:
        print(error.message, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
