"""The command line: finds the command, runs it, and turns an error into a sentence and a number.

Only the module of the command that was asked for is loaded, so that help comes at once.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "demo": "build a demo city from open data, and serve it",
    "init": "make a new city in a folder",
    "serve": "serve the portal of a city",
    "mcp": "let an assistant read the city (Model Context Protocol over stdio)",
    "publish": "publish files or addresses as a new version of a dataset",
    "list": "list the datasets",
    "show": "show a dataset, or one of its versions",
    "export": "write a version as CSV, XLSX, JSON, GeoJSON, Parquet, GeoPackage",
    "diff": "compare two versions row by row",
    "withdraw": "take a version back, with a reason that readers see",
    "import": "take in the catalogue of a portal that is left behind, with its old addresses",
    "sources": "what arrives by itself: add, list with health, run, pause, remove",
    "usage": "how the data are used: summary, COUNTER report, statistics of the portal before",
    "reuses": "what was made with the data: list, bring over from another portal",
    "roadworks": "road works: the traffic model, what works will do and what they did",
    "copies": "copies of the data at other portals: list, look for, ask for their use",
    "goals": "what data are for: goals, how they are measured, benefits and their proof",
    "report": "what is proven of a quarter, as PDF, HTML, JSON, CSV or all tables",
    "appraise": "what goals are worth against their cost, as ranges that can be computed again",
    "publisher": "add or list publishers",
    "user": "add people, grant and revoke roles, set passwords",
    "key": "make, list and revoke API keys",
    "upgrade": "bring a city's data up to date with this program",
    "backup": "write the whole city into one file, while it runs",
    "restore": "bring a backup back into an empty folder",
    "assign": "assign trips to a network, and see what closing links would change",
    "doctor": "say what is wrong with this installation, and what helps",
}

EXIT_CODES = """\
exit codes: 0 done, 1 unexpected, 2 wrong usage, 4 not found, 5 invalid, 6 forbidden, 7 conflict,
8 unavailable, 9 too much, 130 stopped by Ctrl-C"""

_EXAMPLES = """\
examples:
  citycommons demo                     a real city's open data on http://127.0.0.1:8000
  citycommons init ./mycity            your own city, step by step
  citycommons publish trees.csv --home ./mycity --dataset trees --license CC0-1.0
  citycommons serve --home ./mycity

"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code; never raises unless CITYCOMMONS_DEBUG is set."""
    given = list(sys.argv[1:] if argv is None else argv)
    wants_json = "--json" in given
    try:
        args = _parser(given).parse_args(given)
        code: int = args.run(args) or 0
        sys.stdout.flush()
    except SystemExit as stop:  # argparse: help, or wrong usage
        return stop.code if isinstance(stop.code, int) else 2
    except KeyboardInterrupt:
        print("citycommons: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if os.environ.get("CITYCOMMONS_DEBUG"):
            raise
        from citycommons.cli.complain import complain

        return complain(error, wants_json=wants_json)
    return code


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    common = _common()
    parser = argparse.ArgumentParser(
        prog="citycommons",
        description="From a city's scattered data to services citizens feel.",
        epilog=_EXAMPLES + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")
    chosen = next((word for word in given if word in COMMANDS), None)
    for name, help in COMMANDS.items():
        if name != chosen:
            commands.add_parser(name, help=help, add_help=False)
            continue
        module = import_module(f"citycommons.cli.commands.{name}")
        command = commands.add_parser(
            name,
            help=help,
            description=module.__doc__,
            epilog=f"examples:\n{module.EXAMPLES}\n{EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[common],
            allow_abbrev=False,
        )
        command.set_defaults(run=getattr(module, "run", None))
        module.arguments(command)
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    # No defaults: what stands before the command is not forgotten by the command's own parser.
    common.add_argument(
        "--home",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="folder of the city (or set CITYCOMMONS_HOME; else the present folder)",
    )
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="answer in JSON"
    )
    return common


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, help: str
) -> argparse.ArgumentParser:
    """A second word below a command, such as `user add`, with the options all commands have."""
    return actions.add_parser(
        name, help=help, description=help, parents=[_common()], allow_abbrev=False
    )


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"citycommons {version('citycommons')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
