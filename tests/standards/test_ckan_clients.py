"""CKAN's own clients on a served city: ckanapi, and, where an interpreter with them is named,
ckanext-harvest (`CITYCOMMONS_TEST_CKAN`) and frictionless (`CITYCOMMONS_TEST_FRICTIONLESS`).

Both bring versions of packages that ours do not take, so they stay in environments of their own.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.serving import serving
from tests.web.web_portal import PARKS, ROLES, Portal, described, open_portal, portal_over

from citycommons.core.settings import Settings
from citycommons.core.types import SYSTEM, Link
from citycommons.govern import keys
from citycommons.store import catalogue
from citycommons.store.work import City

ckanapi = pytest.importorskip("ckanapi", reason="ckanapi is not installed")

SCOPES = ("discover", "read", "describe", "publish", "withdraw", "manage-city", "manage-publisher")


@dataclass(frozen=True)
class Served:
    """A city that is served, and the key of its administrator."""

    home: Path
    base: str
    key: str

    def remote(self, *, has_key: bool = True) -> Any:
        return ckanapi.RemoteCKAN(self.base, apikey=self.key if has_key else None)

    def stored(self) -> dict[str, Any]:
        """All that is kept of datasets and publishers, and how much was written down."""
        city = City.open(Settings(home=self.home))
        with city.work(SYSTEM, may_write=False) as work:
            found = {
                "datasets": {one.id: one for one in catalogue.datasets(work.db)},
                "publishers": catalogue.publishers(work.db),
            }
        city.close()
        return found


def administrator(portal: Portal) -> str:
    with portal.city.work(portal.actor("boss", *ROLES["administrator-of-city"])) as work:
        return keys.create(work, label="clients", scopes=SCOPES).text


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The small portal, and an entry in two languages that links elsewhere."""
    home = tmp_path_factory.mktemp("first") / "home"
    city = City.create(Settings(home=home, name="First"))
    portal = open_portal(city)
    links = (
        Link(url="https://elsewhere.example/a.pdf", title="Plan", format="PDF"),
        Link(url="https://elsewhere.example/wms?service=WMS", title="Map", format="WMS"),
    )
    portal.publish(
        described(
            *("parks-plan",),
            publisher=PARKS,
            title={"de": "Grünplan", "en": "Plan of parks"},
            description={"de": "Alle Parks.\n\nÄlteres steht **daneben**.", "en": "All parks."},
            keywords=("Grünfläche", "open data"),
            license="dl-de/by-2.0",
            attribution="Office for Parks, 2026",
            theme="ENVI",
            frequency="ANNUAL",
            place="Testville",
            steward="Ada",
            landing_page="https://city.example/parks",
            links=links,
        )
    )
    key = administrator(portal)
    city.close()
    with serving(home) as base:
        yield Served(home, base, key)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty city of another language."""
    home = tmp_path_factory.mktemp("second") / "home"
    city = City.create(Settings(home=home, name="Second", language="de"))
    (home / "city.toml").write_text('name = "Second"\nlanguage = "de"\n')
    key = administrator(portal_over(city))
    city.close()
    with serving(home) as base:
        yield Served(home, base, key)


def run(*words: str, cwd: Path) -> str:
    """ckanapi's command, which starts itself again for each of its workers."""
    folder = Path(sys.executable).parent
    command = Path(ckanapi.__file__).parents[4] / "bin"
    path = os.pathsep.join([str(folder), str(command), os.environ["PATH"]])
    done = subprocess.run(
        ["ckanapi", *words],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def dumped(served: Served, things: str, folder: Path) -> Path:
    path = folder / f"{things}.jsonl"
    run("dump", things, "--all", "-O", str(path), "-r", served.base, "-q", cwd=folder)
    return path


def loaded(served: Served, things: str, path: Path) -> list[Any]:
    """What became of each thing: the action, and the error if there was one."""
    log = path.with_suffix(".log")
    log.unlink(missing_ok=True)
    words = ("load", things, "-I", str(path), "-l", str(log), "-r", served.base, "-a", served.key)
    run(*words, "-q", cwd=path.parent)
    return [tuple(json.loads(line)[2:4]) for line in log.read_text().splitlines()]


def test_a_dump_that_is_loaded_again_changes_nothing(first: Served, tmp_path: Path) -> None:
    before = first.stored()
    for things in ("organizations", "datasets"):
        path = dumped(first, things, tmp_path)
        assert set(loaded(first, things, path)) == {("update", None)}
    assert first.stored() == before


def test_a_dump_that_is_loaded_elsewhere_keeps_names_and_leads_back(
    first: Served, second: Served, tmp_path: Path
) -> None:
    organizations = dumped(first, "organizations", tmp_path)
    datasets = dumped(first, "datasets", tmp_path)
    assert set(loaded(second, "organizations", organizations)) == {("create", None)}
    assert set(loaded(second, "datasets", datasets)) == {("create", None)}
    ours, theirs = first.stored()["datasets"], second.stored()["datasets"]
    assert theirs.keys() == {"counts", "trees", "entry", "parks-plan"}
    for id, one in theirs.items():
        assert one.identifier == id
        assert one.source == f"{first.base}/datasets/{id}"
        for name in ("title", "description", "publisher", "license", "theme", "keywords", "place"):
            assert getattr(one, name) == getattr(ours[id], name), name
        assert (one.frequency, one.steward) == (ours[id].frequency, ours[id].steward)
    assert theirs["parks-plan"].links == ours["parks-plan"].links
    lead = {one.format: one.url for one in theirs["counts"].links}
    assert lead["CSV"] == f"{first.base}/data/counts@latest.csv"
    before = second.stored()
    for things, path in (("organizations", organizations), ("datasets", datasets)):
        assert set(loaded(second, things, path)) == {("update", None)}
    assert second.stored() == before


def test_ckanapi_reads_writes_and_is_told_what_is_wrong(first: Served, tmp_path: Path) -> None:
    action = first.remote().action
    assert action.site_read() is True
    found = action.package_search(q="plan", fq="organization:parks", facet_field=["tags"])
    assert [one["name"] for one in found["results"]] == ["parks-plan"]
    made = action.package_create(name="made-here", owner_org="roads", title="Made here")
    path = tmp_path / "made.csv"
    path.write_text("id,name\n1,Oak\n2,Ash\n")
    with path.open("rb") as file:
        table = action.resource_create(package_id=made["id"], upload=file, name="Table")
    rows = action.datastore_search(resource_id=table["id"], filters={"name": "Ash"})
    assert (rows["total"], rows["records"][0]["id"]) == (1, 2)
    counted = action.datastore_search_sql(sql=f'SELECT count(*) FROM "{table["id"]}"')
    assert counted["records"] == [{"count": 2}]
    action.package_delete(id="made-here")
    with pytest.raises(ckanapi.NotFound):
        action.package_show(id="not-here")
    with pytest.raises(ckanapi.ValidationError) as refused:
        action.package_create(owner_org="roads")
    assert refused.value.error_dict["name"] == ["Missing value"]
    with pytest.raises(ckanapi.NotAuthorized):
        first.remote(has_key=False).action.package_patch(id="counts", title="Mine")
    with pytest.raises(ckanapi.SearchQueryError):
        action.package_search(q="nothing:here")
    by_get = ckanapi.RemoteCKAN(first.base, get_only=True).action
    assert by_get.package_show(id="counts")["name"] == "counts"


HARVEST = """
import json, sys
from ckanext.harvest.harvesters.ckanharvester import CKANHarvester
base = sys.argv[1]
one = CKANHarvester()
one.config = {}
search = one._search_for_datasets
ids = lambda *fq: sorted(d["name"] for d in search(base, list(fq)))
print(json.dumps({
    "all": ids(),
    "one": ids("organization:(parks OR nobody)"),
    "others": ids("-organization:parks"),
    "new": ids("metadata_modified:[2020-01-01T00:00:00Z TO *]"),
    "future": ids("metadata_modified:[2999-01-01T00:00:00Z TO *]"),
    "organization": one._get_organization(base, "parks")["title"],
    "group": one._get_group(base, {"name": "envi", "id": "envi"})["title"],
}))
"""


def test_ckans_own_harvester_finds_everything_once(first: Served) -> None:
    told = json.loads(elsewhere("CITYCOMMONS_TEST_CKAN", HARVEST, first.base))
    assert told == {
        "all": ["counts", "entry", "parks-plan", "trees"],
        "one": ["parks-plan", "trees"],
        "others": ["counts", "entry"],
        "new": ["counts", "entry", "parks-plan", "trees"],
        "future": [],
        "organization": "Office for Parks",
        "group": "Environment",
    }


FRICTIONLESS = """
import json, sys
from frictionless import Catalog, Package, portals
base = sys.argv[1]
one = Package(control=portals.CkanControl(baseurl=base, dataset="counts"))
table = next(r for r in one.resources if r.format == "csv")
asked = {"search": {"q": "plan OR counts", "rows": 5}, "ignore_package_errors": True}
found = Catalog(control=portals.CkanControl(baseurl=base, **asked))
print(json.dumps([one.name, len(table.read_rows()), sorted(d.name for d in found.datasets)]))
"""


def test_frictionless_reads_a_package_and_its_rows(first: Served) -> None:
    told = json.loads(elsewhere("CITYCOMMONS_TEST_FRICTIONLESS", FRICTIONLESS, first.base))
    assert told == ["counts", 120, ["counts", "parks-plan"]]


def elsewhere(variable: str, program: str, base: str) -> str:
    """What a program prints, run by the interpreter that the variable names."""
    if not (python := os.environ.get(variable)):
        pytest.skip(f"set {variable} to an interpreter that has it")
    done = subprocess.run([python, "-c", program, base], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]
