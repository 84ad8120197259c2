"""Road works: what they will do to traffic, what they did, who gets to know of them."""

from argparse import ArgumentParser
from importlib import import_module

from citycommons.cli.main import add_action

# Each is a module `roadworks_<name>` with `arguments(parser)`, its own EXAMPLES and what it is for.
ACTIONS = {
    "calendar": "dates that harm least, for several works at once",
    "evaluate": "what works did, measured at the counters beside what was forecast",
    "import": "bring works of a partner into the register: DATEX II, WZDx, tables",
    "publish": "write the feeds that sat-navs, Waze, planners and calendars take; say what breaks",
    "model": "the city's traffic model, which forecasts stand on: build it, show it",
    "whatif": "what works will do to traffic, with ranges",
}

EXAMPLES = "\n".join(
    import_module(f"citycommons.cli.commands.roadworks_{name}").EXAMPLES.rstrip()
    for name in ACTIONS
)


def arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for name, help in ACTIONS.items():
        module = import_module(f"citycommons.cli.commands.roadworks_{name}")
        module.arguments(add_action(actions, name, help))
