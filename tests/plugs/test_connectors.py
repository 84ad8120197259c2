"""Every connector keeps to the seam: typed options that explain themselves, light to load."""

import subprocess
import sys

import pytest

from citycommons.collect.connect import brings, connect, options_of
from citycommons.core import plugs
from citycommons.core.errors import Invalid, NotFound, Unavailable
from citycommons.core.settings import Settings
from citycommons.core.types import Brings

NAMES = plugs.names("connectors")
OF_THE_HOUSE = {"ideal", "mirror"}  # made from a manifest, not by hand
HEAVY = ("duckdb", "osmium", "paho", "paramiko", "psycopg", "pyarrow", "pymysql", "rdflib")


def test_the_connectors_of_the_first_list_and_of_the_second_are_here():
    assert {*NAMES} >= {
        *("web", "folder", "sql", "ckan", "dcat", "opendatasoft", "wfs", "ogc-features"),
        *("ogc-records", "sensorthings", "gbfs", "gtfs", "gtfs-realtime", "datex2", "osm", "mqtt"),
        *("form", "s3", "sftp", "data-json", "udata", "socrata", "arcgis", "csw", "oai-pmh"),
        *("ngsi-ld", "wzdx"),
    }


@pytest.mark.parametrize("name", sorted({*NAMES} - OF_THE_HOUSE))
def test_a_connector_explains_each_of_its_options(name):
    kind = plugs.load("connectors", name)
    assert kind.__dataclass_params__.frozen
    assert brings(name) in Brings
    silent = [option.name for option in options_of(name) if not option.description]
    assert not silent
    assert (kind.__doc__ or "").strip().endswith((".", ":")) or len(kind.__doc__ or "") > 20


def test_connectors_load_no_heavy_library_before_they_fetch():
    program = (
        "import sys\nfrom citycommons.core import plugs\n"
        "for name in plugs.names('connectors'):\n"
        "    if name not in ('ideal', 'mirror'): plugs.load('connectors', name)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_wrong_options_are_named_before_anything_is_asked(tmp_path):
    settings = Settings(home=tmp_path)
    with pytest.raises(NotFound, match="installed are"):
        options_of("telex")
    with pytest.raises(Invalid, match="has no option “colour”; it has url"):
        connect("web", {"url": "https://x.example", "colour": "red"}, settings)
    with pytest.raises(Invalid, match="The connector web needs url"):
        connect("web", {}, settings)
    with pytest.raises(Invalid, match="Option “port” of sftp"):
        connect("sftp", {"host": "x.example", "user": "u", "port": "many"}, settings)


def test_a_secret_is_read_where_it_is_kept_and_missed_by_its_name(tmp_path, monkeypatch):
    settings = Settings(home=tmp_path)
    options = {"host": "x.example", "user": "u", "password": {"secret": "metro"}}
    with pytest.raises(Unavailable, match="The secret “metro” is missing"):
        connect("sftp", options, settings)
    (tmp_path / "secrets.toml").write_text('metro = "from the file"\n')
    assert connect("sftp", options, settings).password == "from the file"
    monkeypatch.setenv("CITYCOMMONS_SECRET_METRO", "from the environment")
    assert connect("sftp", options, settings).password == "from the environment"
