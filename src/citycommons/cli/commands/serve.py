"""Serve the portal of a city, and the worker that prepares what is published."""

from argparse import ArgumentParser, Namespace

from citycommons.cli.place import settings_of

EXAMPLES = """\
  citycommons serve --home ./lecce
  citycommons serve --home ./lecce --host 0.0.0.0 --port 80 --workers 4
"""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (default: the city's setting)")
    parser.add_argument("--port", type=int, help="port (default: the city's setting, 8000)")
    parser.add_argument("--workers", type=int, default=1, help="processes that answer readers")


def run(args: Namespace) -> int:
    from citycommons.cli import supervise

    settings = settings_of(args)
    address = f"http://{settings.host}:{settings.port}"

    def ready() -> None:
        print(f"{settings.name} is open on {address} (Ctrl-C ends it).", flush=True)

    return supervise.run(settings, workers=args.workers, when_ready=ready)
