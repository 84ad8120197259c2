"""Published cases of the field, read from the shared folder."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[4] / "shared/reference/causal"


@pytest.fixture(scope="session")
def proposition_99():
    """Packs of cigarettes a head by state, California last, and year; the first year's column."""
    path = FOLDER / "prop99.csv"
    if not path.exists():
        pytest.skip("the shared folder with published causal cases is not here")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    states = [*sorted({row["State"] for row in rows} - {"California"}), "California"]
    years = sorted({int(row["Year"]) for row in rows})
    outcome = np.full((len(states), len(years)), np.nan)
    for row in rows:
        outcome[states.index(row["State"]), years.index(int(row["Year"]))] = row["PacksPerCapita"]
    return outcome, years.index(1989)


@pytest.fixture(params=["basic", "covariates"])
def published(request):
    """A series with what the paper's own program answered."""
    path = FOLDER / f"r_reference_{request.param}.json"
    if not path.exists():
        pytest.skip("the shared folder with published causal cases is not here")
    return json.loads(path.read_text())
