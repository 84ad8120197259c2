"""Let an assistant on this machine read the city: the Model Context Protocol over stdio."""

import os
import sys
from argparse import ArgumentParser, Namespace

from citycommons.cli.place import settings_of

EXAMPLES = """\
  citycommons mcp --home ./lecce
  CITYCOMMONS_API_KEY=cc_… citycommons mcp --home ./lecce

in the settings of an assistant:
  {"mcpServers": {"lecce": {"command": "citycommons", "args": ["mcp", "--home", "/srv/lecce"]}}}
"""


def arguments(parser: ArgumentParser) -> None:
    """It takes no more than --home; a key comes by the environment, as others would see it here."""


def run(args: Namespace) -> None:
    home = settings_of(args).home
    # The doors stand apart, so this one is a program of its own, which takes this one's place.
    program = [sys.executable, "-m", "citycommons.web.faces.mcp.stdio", "--home", str(home)]
    os.execv(sys.executable, program)  # noqa: S606 - no shell
