"""The docs are run: each command and each program in them works as printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from citycommons.cli.main import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("doc", PAGES, ids=lambda doc: doc.stem)
def test_what_a_page_says_works(
    doc: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for language, mark, body in BLOCK.findall(doc.read_text(encoding="utf-8")):
        if language == "console":
            for line in body.splitlines():
                if line.startswith("$ citycommons "):
                    code = main(shlex.split(line)[2:])
                    assert code == 0, f"{line}\n{capsys.readouterr().err}"
        elif language == "python":
            if "serve" in mark:
                body = body.replace("http://127.0.0.1:8000", request.getfixturevalue("served"))
            exec(compile(body, str(doc), "exec"), names)


@pytest.mark.parametrize("script", ["architecture", "connectors", "settings"])
def test_pages_printed_from_code_are_true(script: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / f"{script}.py"), "--check"]
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": "src"})
    assert done.returncode == 0, f"run: python scripts/{script}.py"


def test_readme_shows_two_commands_that_the_makefile_has() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    first = re.findall(r"^make (\w+)", readme, re.MULTILINE)[:2]
    assert first == ["demo", "test"]
    for name in first:
        assert re.search(rf"^{name}:", makefile, re.MULTILINE)


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_no_line_names_a_registry_or_a_machine() -> None:
    """Lock files hold versions and hashes without addresses."""
    for name in ("requirements.txt", "requirements-dev.txt", "benchmarks/requirements.txt"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name
