"""Opendatasoft, data.json, udata, OGC API Records, ISO 19139 and Dublin Core as entries."""

from datetime import date

from tests.standardise.records.told import entry_of, links

from citycommons.core.types import Access

API = "https://data.city.example/api/explore/v2.1/catalog/datasets"


def test_opendatasoft(tmp_path):
    record = {
        "dataset_id": "pistes-cyclables",
        "dataset_uid": "da_x1",
        "has_records": True,
        "features": ["geo", "analyze"],
        "attachments": [{"id": "notice_pdf", "title": "Notice", "mimetype": "application/pdf"}],
        "metas": {
            "default": {
                "title": "Pistes cyclables",
                "description": "<p>Toutes les <b>pistes</b>.</p>",
                "theme": ["Mobilité", "Transports"],
                "keyword": ["vélo", "piste"],
                "license": "Licence Ouverte v2.0 (Etalab)",
                "license_url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
                "language": "fr",
                "publisher": "Ville de X",
                "territory": ["France", "X"],
            },
            "dcat": {"accrualperiodicity": "Mensuelle", "temporal": "2019/2020"},
            "custom": "not an object",
        },
    }
    found = entry_of(tmp_path, "opendatasoft", record, origin=f"{API}/pistes-cyclables")
    assert (found.id, found.identifier) == ("pistes-cyclables", "pistes-cyclables")
    assert found.source == "https://data.city.example/explore/dataset/pistes-cyclables/"
    assert found.title == {"fr": "Pistes cyclables"}
    assert found.description == {"fr": "Toutes les pistes."}
    assert (found.license, found.theme, found.frequency) == ("etalab-2.0", "TRAN", "MONTHLY")
    assert (found.place, found.attribution) == ("France, X", "Ville de X")
    assert found.temporal == (date(2019, 1, 1), date(2020, 12, 31))
    assert links(found) == [
        (f"{API}/pistes-cyclables/exports/csv", "CSV"),
        (f"{API}/pistes-cyclables/exports/geojson", "GeoJSON"),
        (f"{API}/pistes-cyclables/exports/parquet", "Parquet"),
        (f"{API}/pistes-cyclables/attachments/notice_pdf", "PDF"),
    ]


def test_data_json(tmp_path):
    record = {
        "identifier": "https://hub.example/items/7",
        "title": "Bike &amp; walk counts",
        "description": "Counts.<br>Hourly.",
        "keyword": ["bike", "mobility"],
        "publisher": {"@type": "org:Organization", "name": "Public Works"},
        "contactPoint": {"fn": "Data desk", "hasEmail": "mailto:desk@hub.example"},
        "accessLevel": "restricted public",
        "license": "https://creativecommons.org/publicdomain/zero/1.0/",
        "spatial": "7.5,51.8,7.7,52.0",
        "temporal": "2017-01-01T00:00:00Z/R/P1D",
        "accrualPeriodicity": "R/PT1H",
        "landingPage": "https://hub.example/about/7",
        "theme": ["Transportation"],
        "language": ["en-US"],
        "distribution": [
            {"accessURL": "https://hub.example/api", "format": "ArcGIS GeoServices REST API"},
            {"downloadURL": "https://hub.example/7.csv", "mediaType": "text/csv", "title": "CSV"},
            {"title": "nowhere"},
        ],
    }
    found = entry_of(tmp_path, "data.json", record, language="de")
    assert found.source == found.identifier == "https://hub.example/items/7"
    assert found.title == {"en": "Bike & walk counts"}
    assert found.description == {"en": "Counts.\nHourly."}
    assert (found.license, found.theme, found.frequency) == ("CC0-1.0", "TRAN", "HOURLY")
    assert (found.access, found.place) == (Access.RESTRICTED, "")
    assert (found.steward, found.attribution) == ("Data desk", "Public Works")
    assert found.temporal == (date(2017, 1, 1), None)
    assert links(found) == [
        ("https://hub.example/api", "ArcGIS"),
        ("https://hub.example/7.csv", "CSV"),
    ]


def test_udata(tmp_path):
    record = {
        "id": "53699d0ea3a729239d205b2e",
        "title": "Arbres d'alignement",
        "description": "Les arbres.",
        "license": "lov2",
        "frequency": "semiannual",
        "tags": ["arbres", "environnement"],
        "organization": {"name": "Ville de Z", "class": "Organization"},
        "contact_points": [{"name": "Service vert"}],
        "temporal_coverage": {"start": "2012-01-01", "end": "2012-12-31"},
        "page": "https://data.example/fr/datasets/arbres/",
        "uri": "https://data.example/api/1/datasets/53699d0ea3a729239d205b2e/",
        "resources": [{"title": "CSV", "url": "https://x.example/a?id=1", "format": "csv",
                       "latest": "https://data.example/fr/datasets/r/1", "mime": "text/csv"}],
    }  # fmt: skip
    found = entry_of(tmp_path, "udata", record, language="fr")
    assert found.id == "arbres-d-alignement"
    assert found.source == record["uri"]
    assert (found.license, found.theme, found.frequency) == ("etalab-2.0", "ENVI", "ANNUAL_2")
    assert (found.attribution, found.steward) == ("Ville de Z", "Service vert")
    assert found.temporal == (date(2012, 1, 1), date(2012, 12, 31))
    assert links(found) == [("https://data.example/fr/datasets/r/1", "CSV")]


def test_ogc_record(tmp_path):
    record = {
        "type": "Feature",
        "id": "urn:x:air",
        "time": {"interval": ["2020-01-01", ".."]},
        "geometry": None,
        "properties": {
            "type": "dataset",
            "title": "Qualità dell'aria",
            "description": "Misure orarie",
            "language": {"code": "it"},
            "keywords": ["aria"],
            "themes": [{"concepts": [{"id": "ambiente"}], "scheme": "https://x.example/themes"}],
            "license": "IODL-2.0",
            "contacts": [
                {"name": "ARPA", "organization": "ARPA X", "roles": ["publisher"]},
                {"name": "Sportello", "roles": ["pointOfContact"]},
            ],
        },
        "links": [
            {"rel": "self", "href": "https://cat.example/items/air", "type": "application/json"},
            {"rel": "about", "href": "https://arpa.example/aria", "type": "text/html"},
            {"rel": "enclosure", "href": "https://arpa.example/a.csv", "type": "text/csv"},
            {"rel": "license", "href": "https://www.dati.gov.it/iodl/2.0/"},
        ],
    }
    found = entry_of(tmp_path, "ogc-record", record)
    assert (found.identifier, found.source) == ("urn:x:air", "https://cat.example/items/air")
    assert found.title == {"it": "Qualità dell'aria"}
    assert (found.license, found.theme) == ("IODL-2.0", "ENVI")
    assert (found.attribution, found.steward) == ("ARPA X", "Sportello")
    assert found.landing_page == "https://arpa.example/aria"
    assert found.temporal == (date(2020, 1, 1), None)
    assert links(found) == [("https://arpa.example/a.csv", "CSV")]


ISO = """<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd"
 xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gmx="http://www.isotc211.org/2005/gmx"
 xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">
 <gmd:fileIdentifier><gco:CharacterString>iso-7</gco:CharacterString></gmd:fileIdentifier>
 <gmd:language><gmd:LanguageCode codeListValue="ger"/></gmd:language>
 <gmd:contact><gmd:CI_ResponsibleParty><gmd:organisationName>
  <gco:CharacterString>Geodaten-Stelle</gco:CharacterString></gmd:organisationName>
 </gmd:CI_ResponsibleParty></gmd:contact>
 <gmd:locale><gmd:PT_Locale id="FR"><gmd:languageCode>
  <gmd:LanguageCode codeListValue="fra"/></gmd:languageCode></gmd:PT_Locale></gmd:locale>
 <gmd:identificationInfo><gmd:MD_DataIdentification>
  <gmd:citation><gmd:CI_Citation>
   <gmd:title><gco:CharacterString>Bebauungspläne</gco:CharacterString><gmd:PT_FreeText>
    <gmd:textGroup><gmd:LocalisedCharacterString locale="#FR">Plans d'aménagement
    </gmd:LocalisedCharacterString></gmd:textGroup></gmd:PT_FreeText></gmd:title>
   <gmd:identifier><gmd:MD_Identifier><gmd:code>
    <gco:CharacterString>https://registry.example/bplan</gco:CharacterString></gmd:code>
   </gmd:MD_Identifier></gmd:identifier>
  </gmd:CI_Citation></gmd:citation>
  <gmd:abstract><gco:CharacterString>Alle Pläne &amp;amp; Satzungen</gco:CharacterString>
  </gmd:abstract>
  <gmd:resourceMaintenance><gmd:MD_MaintenanceInformation><gmd:maintenanceAndUpdateFrequency>
   <gmd:MD_MaintenanceFrequencyCode codeListValue="asNeeded"/>
  </gmd:maintenanceAndUpdateFrequency></gmd:MD_MaintenanceInformation></gmd:resourceMaintenance>
  <gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword>
   <gco:CharacterString>Bodennutzung</gco:CharacterString></gmd:keyword></gmd:MD_Keywords>
  </gmd:descriptiveKeywords>
  <gmd:resourceConstraints><gmd:MD_LegalConstraints>
   <gmd:accessConstraints/><gmd:otherConstraints>
   <gmx:Anchor xlink:href="http://inspire.ec.europa.eu/x/noLimitations">frei</gmx:Anchor>
   </gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>
  <gmd:resourceConstraints><gmd:MD_LegalConstraints><gmd:otherConstraints>
   <gmx:Anchor xlink:href="https://www.govdata.de/dl-de/by-2-0">dl-de/by-2.0</gmx:Anchor>
   </gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>
  <gmd:topicCategory><gmd:MD_TopicCategoryCode>planningCadastre</gmd:MD_TopicCategoryCode>
  </gmd:topicCategory>
  <gmd:extent><gmd:EX_Extent><gmd:description><gco:CharacterString>Stadt X</gco:CharacterString>
   </gmd:description><gmd:temporalElement><gmd:EX_TemporalExtent><gmd:extent><gml:TimePeriod>
   <gml:beginPosition>2001</gml:beginPosition><gml:endPosition/></gml:TimePeriod></gmd:extent>
   </gmd:EX_TemporalExtent></gmd:temporalElement></gmd:EX_Extent></gmd:extent>
 </gmd:MD_DataIdentification></gmd:identificationInfo>
 <gmd:distributionInfo><gmd:MD_Distribution><gmd:transferOptions><gmd:MD_DigitalTransferOptions>
  <gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>https://x.example/wfs</gmd:URL>
   </gmd:linkage><gmd:protocol><gco:CharacterString>OGC:WFS</gco:CharacterString></gmd:protocol>
   <gmd:name><gco:CharacterString>Dienst</gco:CharacterString></gmd:name>
  </gmd:CI_OnlineResource></gmd:onLine>
  <gmd:onLine><gmd:CI_OnlineResource><gmd:linkage><gmd:URL>https://x.example/page</gmd:URL>
   </gmd:linkage><gmd:function><gmd:CI_OnLineFunctionCode codeListValue="information"/>
   </gmd:function></gmd:CI_OnlineResource></gmd:onLine>
 </gmd:MD_DigitalTransferOptions></gmd:transferOptions></gmd:MD_Distribution>
 </gmd:distributionInfo>
</gmd:MD_Metadata>"""


def test_iso_19139(tmp_path):
    found = entry_of(tmp_path, "iso19139", ISO.encode(), identifier="iso-7")
    assert found.title == {"de": "Bebauungspläne", "fr": "Plans d'aménagement"}
    assert found.description == {"de": "Alle Pläne & Satzungen"}
    assert (found.identifier, found.source) == ("iso-7", "https://registry.example/bplan")
    assert (found.license, found.theme, found.frequency) == ("dl-de/by-2.0", "REGI", "AS_NEEDED")
    assert (found.place, found.temporal) == ("Stadt X", (date(2001, 1, 1), None))
    assert found.keywords == ("Bodennutzung",)
    assert (found.attribution, found.steward) == ("Geodaten-Stelle", "Geodaten-Stelle")
    assert found.landing_page == "https://x.example/page"
    assert links(found) == [("https://x.example/wfs", "WFS")]
    assert found.links[0].title == "Dienst"


DUBLIN = """<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/"
 xmlns:ows="http://www.opengis.net/ows">
 <dc:identifier>dc-1</dc:identifier><dc:identifier>https://x.example/page</dc:identifier>
 <dc:title xml:lang="it">Strade</dc:title><dc:title xml:lang="de">Straßen</dc:title>
 <dct:abstract>Grafo</dct:abstract><dc:language>ita</dc:language>
 <dc:subject>Trasporti</dc:subject><dc:subject>strade</dc:subject>
 <dc:rights>CC BY 4.0</dc:rights><dc:publisher>Comune</dc:publisher>
 <dct:temporal>start=2015; end=2016</dct:temporal><dct:spatial>Italia</dct:spatial>
 <dct:references scheme="OGC:WMS">https://x.example/wms</dct:references>
 <dct:references scheme="WWW:DOWNLOAD-1.0-http--download">https://x.example/s.zip</dct:references>
 <ows:BoundingBox crs="EPSG:4326"><ows:LowerCorner>1 2</ows:LowerCorner></ows:BoundingBox>
</csw:Record>"""


def test_dublin_core(tmp_path):
    found = entry_of(tmp_path, "dublin-core", DUBLIN.encode(), identifier="dc-1")
    assert found.title == {"it": "Strade", "de": "Straßen"}
    assert found.description == {"it": "Grafo"}
    assert (found.identifier, found.source) == ("dc-1", "https://x.example/page")
    assert (found.license, found.theme, found.place) == ("CC-BY-4.0", "TRAN", "Italia")
    assert (found.attribution, found.temporal) == (
        "Comune",
        (date(2015, 1, 1), date(2016, 12, 31)),
    )
    assert links(found) == [("https://x.example/wms", "WMS"), ("https://x.example/s.zip", "ZIP")]
