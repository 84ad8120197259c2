"""The doors for programs: which standard each speaks, and a working example in four languages.

The developers' page shows them filled in with a dataset of the portal; `tests/docs/test_doors.py`
runs those whose tools are installed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from citycommons.web.language import N_

TOOLS = ("Python", "R", "JavaScript", "Shell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One door; in examples `{base}` is the portal, `{dataset}` a dataset with places."""

    id: str
    name: str
    path: str
    words: str  # who speaks it, in one sentence
    examples: Mapping[str, str]  # tool → what to type

    def filled(self, base: str, dataset: str) -> list[tuple[str, str]]:
        """The examples for this portal and dataset, in the order of `TOOLS`."""
        return [
            (tool, text.replace("{base}", base).replace("{dataset}", dataset))
            for tool, text in self.examples.items()
        ]


DOORS = (
    Door(
        id="ckan",
        name="CKAN Action API 3",
        path="/api/3/action/",
        words=N_(
            "Clients and harvesters of CKAN: search, packages, rows of the DataStore, uploads."
        ),
        examples={
            "Python": """from ckanapi import RemoteCKAN

portal = RemoteCKAN("{base}")
found = portal.action.package_search(q="{dataset}", rows=3)
print(found["count"], [one["title"] for one in found["results"]])
rows = portal.action.datastore_search(resource_id="{dataset}-csv", limit=3)
print(rows["total"], rows["records"][0])""",
            "R": """library(ckanr)
ckanr_setup(url = "{base}")
package_search(q = "{dataset}", rows = 3)
ds_search(resource_id = "{dataset}-csv", limit = 3)""",
            "JavaScript": """const asked = "{base}/api/3/action/datastore_search?resource_id={dataset}-csv&limit=3";
const { result } = await (await fetch(asked)).json();
console.log(result.total, result.records);""",
            "Shell": """ckanapi action package_show id={dataset} -r {base}""",
        },
    ),
    Door(
        id="dcat",
        name="DCAT-AP 3",
        path="/catalog.ttl",
        words=N_("National and European portals that harvest the catalogue, and search engines."),
        examples={
            "Python": """from rdflib import DCAT, RDF, Graph

catalogue = Graph().parse("{base}/catalog.ttl")
print(len(set(catalogue.subjects(RDF.type, DCAT.Dataset))))""",
            "R": """library(rdflib)
catalogue <- rdf_parse("{base}/catalog.ttl", format = "turtle")""",
            "JavaScript": """const catalogue = await (await fetch("{base}/catalog.jsonld")).json();
console.log(Object.keys(catalogue));""",
            "Shell": """curl -s -H 'Accept: text/turtle' {base}/catalog""",
        },
    ),
    Door(
        id="ogc",
        name="OGC API Features, Records, Tiles, Styles",
        path="/ogc",
        words=N_(
            "QGIS, GDAL, ArcGIS and map libraries: features by box, time and CQL2, in any system."
        ),
        examples={
            "Python": """from owslib.ogcapi.features import Features

door = Features("{base}/ogc")
page = door.collection_items("{dataset}", limit=3)
print(page["numberMatched"], page["features"][0]["properties"])""",
            "R": """library(sf)
places <- read_sf("OAPIF:{base}/ogc", layer = "{dataset}")""",
            "JavaScript": """const items = "{base}/ogc/collections/{dataset}/items?limit=3";
const page = await (await fetch(items)).json();
console.log(page.numberMatched, page.features.length);""",
            "Shell": """ogr2ogr -f GPKG {dataset}.gpkg OAPIF:{base}/ogc {dataset}""",
        },
    ),
    Door(
        id="files",
        name=N_("Files"),
        path="/data/",
        words=N_(
            "Whole versions for DuckDB, pandas, R, spreadsheets and GIS, read in part where the format allows."
        ),
        examples={
            "Python": """import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq

with urllib.request.urlopen("{base}/data/{dataset}@latest.geoparquet") as answer:
    file = pq.ParquetFile(pa.BufferReader(answer.read()))
print(file.read(use_threads=False).num_rows)""",
            "R": """library(arrow)
rows <- read_parquet("{base}/data/{dataset}@latest.geoparquet")""",
            "JavaScript": """const text = await (await fetch("{base}/data/{dataset}@latest.csv")).text();
console.log(text.split("\\r\\n")[0]);""",
            "Shell": """curl -s -o {dataset}.csv {base}/data/{dataset}@latest.csv""",
        },
    ),
    Door(
        id="sensorthings",
        name="SensorThings 1.1",
        path="/sensorthings/v1.1",
        words=N_(
            "Clients of FROST and dashboards: every time series as things, datastreams and observations."
        ),
        examples={
            "Python": """import frost_sta_client as frost

door = frost.SensorThingsService("{base}/sensorthings/v1.1")
for stream in door.datastreams().query().top(3).list().entities:
    print(stream.name, stream.unit_of_measurement.symbol)""",
            "R": """library(jsonlite)
fromJSON("{base}/sensorthings/v1.1/Datastreams?$top=3&$count=true")""",
            "JavaScript": """const asked = "{base}/sensorthings/v1.1/Datastreams?$top=1&$expand=Observations($top=2)";
const answer = await (await fetch(asked)).json();
console.log(answer.value.map((one) => one.name));""",
            "Shell": """curl -s '{base}/sensorthings/v1.1/Things?$top=2&$count=true'""",
        },
    ),
    Door(
        id="opendatasoft",
        name="Opendatasoft Explore 2.1",
        path="/api/explore/v2.1",
        words=N_("Apps made for Opendatasoft portals: records, facets and exports in ODSQL."),
        examples={
            "Python": """import httpx

answer = httpx.get("{base}/api/explore/v2.1/catalog/datasets/{dataset}/records", params={"limit": 3})
print(answer.json()["total_count"], answer.json()["results"][0])""",
            "R": """library(jsonlite)
fromJSON("{base}/api/explore/v2.1/catalog/datasets/{dataset}/records?limit=3")""",
            "JavaScript": """const records = "{base}/api/explore/v2.1/catalog/datasets/{dataset}/records?limit=3";
const answer = await (await fetch(records)).json();
console.log(answer.total_count, answer.results.length);""",
            "Shell": """curl -s '{base}/api/explore/v2.1/catalog/datasets?limit=3'""",
        },
    ),
    Door(
        id="soda",
        name="SODA 2.1",
        path="/resource/",
        words=N_(
            "Apps made for Socrata portals: rows in SoQL, by our ids or by ids of four and four."
        ),
        examples={
            "Python": """import httpx

asked = {"$select": "count(*) as rows", "$limit": 1}
print(httpx.get("{base}/resource/{dataset}.json", params=asked).json())""",
            "R": """library(RSocrata)
rows <- read.socrata("{base}/resource/{dataset}.json?$limit=3")""",
            "JavaScript": """const rows = await (await fetch("{base}/resource/{dataset}.json?$limit=3")).json();
console.log(rows);""",
            "Shell": """curl -s '{base}/resource/{dataset}.csv?$limit=3'""",
        },
    ),
    Door(
        id="wfs-wms",
        name="WFS 2.0, WMS 1.3",
        path="/wfs",
        words=N_("Older GIS programs: layers as features or as pictures, read only."),
        examples={
            "Python": """from owslib.wms import WebMapService

door = WebMapService("{base}/wms", version="1.3.0")
layer = "city:{dataset}"
box = door[layer].boundingBoxWGS84
picture = door.getmap(
    layers=[layer], srs="CRS:84", bbox=box, size=(400, 300), format="image/png"
)
print(len(picture.read()))""",
            "R": """library(sf)
places <- read_sf("WFS:{base}/wfs", layer = "{dataset}")""",
            "JavaScript": """const asked = "{base}/wfs?service=WFS&version=2.0.0&request=GetFeature&typeNames={dataset}&count=3&outputFormat=application/json";
const page = await (await fetch(asked)).json();
console.log(page.features.length);""",
            "Shell": """ogrinfo -ro -so WFS:{base}/wfs {dataset}""",
        },
    ),
    Door(
        id="feeds",
        name="Atom, webhooks, oEmbed",
        path="/feeds/all.atom",
        words=N_(
            "Readers and programs that want to hear of new versions, and pages that show our charts and maps."
        ),
        examples={
            "Python": """import xml.etree.ElementTree as ET
import urllib.request

with urllib.request.urlopen("{base}/feeds/datasets/{dataset}.atom") as answer:
    feed = ET.fromstring(answer.read())
print(feed.findtext("{http://www.w3.org/2005/Atom}title"))""",
            "R": """library(xml2)
read_xml("{base}/feeds/datasets/{dataset}.atom")""",
            "JavaScript": """const page = encodeURIComponent("{base}/datasets/{dataset}");
const found = await (await fetch("{base}/oembed?url=" + page)).json();
console.log(found.title, found.html);""",
            "Shell": """curl -s {base}/feeds/all.atom""",
        },
    ),
    Door(
        id="mcp",
        name="MCP",
        path="/mcp",
        words=N_(
            "Assistants: they search, read descriptions and ask for rows, and change nothing."
        ),
        examples={
            "Python": """import httpx

asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
headers = {"Accept": "application/json, text/event-stream"}
answer = httpx.post("{base}/mcp", json=asked, headers=headers)
print([tool["name"] for tool in answer.json()["result"]["tools"]])""",
            "R": """library(httr2)
request("{base}/mcp") |>
  req_headers(Accept = "application/json, text/event-stream") |>
  req_body_json(list(jsonrpc = "2.0", id = 1, method = "tools/list")) |>
  req_perform() |>
  resp_body_json()""",
            "JavaScript": """const answer = await fetch("{base}/mcp", {
  method: "POST",
  headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
});
console.log((await answer.json()).result.tools.length);""",
            "Shell": """claude mcp add --transport http city {base}/mcp""",
        },
    ),
)
"""In the order in which the developers' page shows them."""
