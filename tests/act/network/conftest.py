"""Networks that several files of tests read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest
import shapely

from citycommons.act.network.components import largest
from citycommons.act.network.junctions import Columns, from_junctions
from citycommons.act.network.types import Network


@pytest.fixture(scope="session")
def muenster_junctions() -> Network:
    """The largest connected part of Münster's signal junctions."""
    path = Path(__file__).parents[3] / "../shared/data/muenster/network/lsa_signal_junctions.csv"
    if not path.is_file():
        pytest.skip("the shared data of Münster are not here")
    neighbours = ("NbW", "NbX", "NbY", "NbZ")
    text = pa.csv.ConvertOptions(column_types={n: pa.string() for n in ("ID", *neighbours)})
    rows = pa.csv.read_csv(path, convert_options=text)
    points = shapely.points(rows["Long"].to_numpy(), rows["Lat"].to_numpy())
    rows = rows.append_column("geometry", pa.array(shapely.to_wkb(points)))
    streets = ("StrA", "StrB", "StrC", "StrD")
    names = Columns(id="ID", neighbours=neighbours, streets=streets)
    return largest(from_junctions(rows, columns=names))[0]
