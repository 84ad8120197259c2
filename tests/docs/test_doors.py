"""The example of each door, as the developers' page shows it, does what it says."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from citycommons.web.doors import DOORS, TOOLS, Door

EXAMPLES = [
    pytest.param(door, tool, id=f"{door.id}-{tool}") for door in DOORS for tool in door.examples
]


@pytest.fixture(scope="module")
def placed(served: str) -> str:
    """A dataset of the teaching city with places."""
    address = f"{served}/datasets.json?format=geojson&limit=1"
    with urllib.request.urlopen(address) as answer:
        return str(json.load(answer)["datasets"][0]["id"])


def test_each_door_has_an_example_for_each_tool():
    assert all(tuple(door.examples) == TOOLS for door in DOORS)


def test_the_page_shows_them(served, placed):
    with urllib.request.urlopen(f"{served}/developers") as answer:
        page = answer.read().decode()
    for door in DOORS:
        assert f'id="door-{door.id}"' in page
    assert f"OAPIF:{served}/ogc" in page


@pytest.mark.parametrize(("door", "tool"), EXAMPLES)
def test_an_example_does_what_it_says(door: Door, tool: str, served, placed, tmp_path: Path):
    text = dict(door.filled(served, placed))[tool]
    done = subprocess.run(
        _command(tool, text), capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or list(tmp_path.iterdir())


def _command(tool: str, text: str) -> list[str]:
    match tool:
        case "Python":
            for name in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE):
                if importlib.util.find_spec(name) is None:
                    pytest.skip(f"{name} is not installed")
            return [sys.executable, "-W", "ignore", "-c", text]
        case "R":
            pytest.skip("R is not installed: its packages come from a registry of their own")
        case "JavaScript":
            if shutil.which("node") is None:
                pytest.skip("node is not installed")
            return ["node", "--input-type=module", "-e", text]
    program = text.split(maxsplit=1)[0]
    beside = Path(sys.executable).parent / program
    if not beside.exists() and shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    if program == "claude":
        pytest.skip("changes the settings of whoever runs it")
    return ["bash", "-c", text.replace(program, str(beside), 1) if beside.exists() else text]
