"""Where the published vectors, schemas and shapes lie: beside the checkout, never in it."""

from pathlib import Path

import pytest

CONFORMANCE = Path(__file__).parents[2] / ".." / "shared" / "conformance"


@pytest.fixture(scope="session")
def conformance() -> Path:
    if not (CONFORMANCE / "README.md").exists():
        pytest.skip("needs the folder of published vectors and schemas beside the checkout")
    return CONFORMANCE
