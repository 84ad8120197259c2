"""WFS documents: capabilities, schemas, collections, stored queries.

References
----------
OGC 09-025r2: Web Feature Service 2.0.2. OGC 04-094: WFS 1.1.0, for older clients.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from citycommons.core.types import Field, FieldType
from citycommons.share.crs import OFFERED, WORLD, System, system
from citycommons.share.faces.ows.layers import Layer
from citycommons.share.faces.ows.words import NAMESPACE, PREFIX, quoted, text, urn, xml_name
from citycommons.share.linked.citations import words_in

VERSIONS = ("2.0.0", "2.0.2", "1.1.0")
MOST = 10_000  # features of an answer that does not say how many
DEGREES = System(4326)
BY_ID = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
GML = "application/gml+xml; version=3.2"
GML_OLD = "text/xml; subtype=gml/3.1.1"
JSON = "application/json"
_SPACES = (
    'xmlns:wfs="{wfs}" xmlns:ows="http://www.opengis.net/ows/1.1" '
    'xmlns:ogc="http://www.opengis.net/ogc" xmlns:fes="http://www.opengis.net/fes/2.0" '
    'xmlns:gml="{gml}" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    f'xmlns:{PREFIX}="{NAMESPACE}"'
)
_NEW = _SPACES.format(wfs="http://www.opengis.net/wfs/2.0", gml="http://www.opengis.net/gml/3.2")
_OLD = _SPACES.format(wfs="http://www.opengis.net/wfs", gml="http://www.opengis.net/gml")
_OLD = _OLD.replace("ows/1.1", "ows")
_TYPES = {
    FieldType.STRING: "xsd:string",
    FieldType.INTEGER: "xsd:long",
    FieldType.NUMBER: "xsd:double",
    FieldType.BOOLEAN: "xsd:boolean",
    FieldType.DATE: "xsd:date",
    FieldType.DATETIME: "xsd:dateTime",
    FieldType.TIME: "xsd:time",
    FieldType.GEOMETRY: "gml:GeometryPropertyType",
}
_OPERATIONS = (
    *("GetCapabilities", "DescribeFeatureType", "GetFeature"),
    *("ListStoredQueries", "DescribeStoredQueries"),
)
_CONSTRAINTS = {
    "ImplementsBasicWFS": True,
    "ImplementsTransactionalWFS": False,
    "ImplementsLockingWFS": False,
    "KVPEncoding": True,
    "XMLEncoding": True,
    "SOAPEncoding": False,
    "ImplementsInheritance": False,
    "ImplementsRemoteResolve": False,
    "ImplementsResultPaging": True,
    "ImplementsStandardJoins": False,
    "ImplementsSpatialJoins": False,
    "ImplementsTemporalJoins": False,
    "ImplementsFeatureVersioning": False,
    "ManageStoredQueries": False,
}
_CONFORMING = {
    "ImplementsQuery": True,
    "ImplementsAdHocQuery": True,
    "ImplementsFunctions": False,
    "ImplementsResourceId": True,
    "ImplementsMinStandardFilter": True,
    "ImplementsStandardFilter": True,
    "ImplementsMinSpatialFilter": True,
    "ImplementsSpatialFilter": True,
    "ImplementsMinTemporalFilter": True,
    "ImplementsTemporalFilter": True,
    "ImplementsVersionNav": False,
    "ImplementsSorting": True,
    "ImplementsExtendedOperators": False,
    "ImplementsMinimumXPath": True,
    "ImplementsSchemaElementFunc": False,
}
_COMPARISONS = (
    *("PropertyIsEqualTo", "PropertyIsNotEqualTo", "PropertyIsLessThan", "PropertyIsGreaterThan"),
    *("PropertyIsLessThanOrEqualTo", "PropertyIsGreaterThanOrEqualTo", "PropertyIsLike"),
    *("PropertyIsNull", "PropertyIsNil", "PropertyIsBetween"),
)
_SPATIAL = (
    *("BBOX", "Equals", "Disjoint", "Intersects", "Touches", "Crosses", "Within", "Contains"),
    *("Overlaps", "DWithin", "Beyond"),
)
_TEMPORAL = ("After", "Before", "During", "TEquals", "AnyInteracts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who answers, and where."""

    title: str
    url: str  # of the service
    language: str = "en"


def is_old(version: str) -> bool:
    return version == "1.1.0"


def capabilities(service: Service, layers: Sequence[Layer], version: str) -> bytes:
    """What the service can do and which types there are."""
    if is_old(version):
        return _capabilities_old(service, layers)
    parts = [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:WFS_Capabilities version="{version}" '
        f"{_NEW}>\n",
        _identification(service, ("2.0.0", "2.0.2", "1.1.0")),
        _operations(service),
        "<wfs:FeatureTypeList>\n",
        *(_type(service, one) for one in layers),
        "</wfs:FeatureTypeList>\n",
        _filters(),
        "</wfs:WFS_Capabilities>\n",
    ]
    return "".join(parts).encode()


def _identification(service: Service, versions: Sequence[str]) -> str:
    told = "".join(f"<ows:ServiceTypeVersion>{v}</ows:ServiceTypeVersion>" for v in versions)
    return (
        f"<ows:ServiceIdentification><ows:Title>{text(service.title)}</ows:Title>"
        f"<ows:ServiceType>WFS</ows:ServiceType>{told}<ows:Fees>NONE</ows:Fees>"
        "<ows:AccessConstraints>NONE</ows:AccessConstraints></ows:ServiceIdentification>\n"
        f"<ows:ServiceProvider><ows:ProviderName>{text(service.title)}</ows:ProviderName>"
        "<ows:ServiceContact/></ows:ServiceProvider>\n"
    )


def _operations(service: Service) -> str:
    href = quoted(service.url)
    formats = _allowed("outputFormat", (GML, GML_OLD, JSON))
    parts = ["<ows:OperationsMetadata>\n"]
    for name in _OPERATIONS:
        own = formats if name == "GetFeature" else ""
        if name == "GetCapabilities":
            own = _allowed("AcceptVersions", VERSIONS)
        if name == "DescribeFeatureType":
            own = _allowed("outputFormat", (GML, GML_OLD))
        parts.append(
            f'<ows:Operation name="{name}"><ows:DCP><ows:HTTP><ows:Get xlink:href={href}/>'
            f"<ows:Post xlink:href={href}/></ows:HTTP></ows:DCP>{own}</ows:Operation>\n"
        )
    parts += [_constraint(name, says) for name, says in _CONSTRAINTS.items()]
    parts.append(
        '<ows:Constraint name="CountDefault"><ows:NoValues/>'
        f"<ows:DefaultValue>{MOST}</ows:DefaultValue></ows:Constraint>\n"
        "</ows:OperationsMetadata>\n"
    )
    return "".join(parts)


def _allowed(name: str, values: Iterable[str]) -> str:
    told = "".join(f"<ows:Value>{text(value)}</ows:Value>" for value in values)
    return (
        f'<ows:Parameter name="{name}"><ows:AllowedValues>{told}</ows:AllowedValues>'
        "</ows:Parameter>"
    )


def _constraint(name: str, says: bool, space: str = "ows") -> str:
    value = "TRUE" if says else "FALSE"
    return (
        f'<{space}:Constraint name="{name}"><ows:NoValues/>'
        f"<ows:DefaultValue>{value}</ows:DefaultValue></{space}:Constraint>\n"
    )


def _type(service: Service, one: Layer) -> str:
    west, south, east, north = one.bounds
    others = "".join(
        f"<wfs:OtherCRS>{urn(other)}</wfs:OtherCRS>" for other in _systems() if other != DEGREES
    )
    words = "".join(f"<ows:Keyword>{text(word)}</ows:Keyword>" for word in one.dataset.keywords)
    keywords = f"<ows:Keywords>{words}</ows:Keywords>" if words else ""
    return (
        f"<wfs:FeatureType><wfs:Name>{one.name}</wfs:Name>"
        f"<wfs:Title>{text(words_in(one.dataset.title, service.language))}</wfs:Title>"
        f"<wfs:Abstract>{text(words_in(one.dataset.description, service.language))}</wfs:Abstract>"
        f"{keywords}<wfs:DefaultCRS>{urn(DEGREES)}</wfs:DefaultCRS>{others}"
        "<wfs:OutputFormats>"
        + "".join(f"<wfs:Format>{text(form)}</wfs:Format>" for form in (GML, JSON))
        + "</wfs:OutputFormats>"
        f"<ows:WGS84BoundingBox><ows:LowerCorner>{west} {south}</ows:LowerCorner>"
        f"<ows:UpperCorner>{east} {north}</ows:UpperCorner></ows:WGS84BoundingBox>"
        "</wfs:FeatureType>\n"
    )


def _systems() -> list[System]:
    return [system(uri) for uri in OFFERED if system(uri) != WORLD] + [WORLD]


def _filters() -> str:
    comparisons = "".join(f'<fes:ComparisonOperator name="{n}"/>' for n in _COMPARISONS)
    operands = "".join(
        f'<fes:GeometryOperand name="gml:{n}"/>'
        for n in ("Envelope", "Point", "LineString", "Polygon", "MultiSurface")
    )
    spatial = "".join(f'<fes:SpatialOperator name="{n}"/>' for n in _SPATIAL)
    temporal = "".join(f'<fes:TemporalOperator name="{n}"/>' for n in _TEMPORAL)
    return (
        "<fes:Filter_Capabilities><fes:Conformance>"
        + "".join(_constraint(name, says, "fes") for name, says in _CONFORMING.items())
        + '</fes:Conformance><fes:Id_Capabilities><fes:ResourceIdentifier name="fes:ResourceId"/>'
        "</fes:Id_Capabilities><fes:Scalar_Capabilities><fes:LogicalOperators/>"
        f"<fes:ComparisonOperators>{comparisons}</fes:ComparisonOperators>"
        "</fes:Scalar_Capabilities><fes:Spatial_Capabilities>"
        f"<fes:GeometryOperands>{operands}</fes:GeometryOperands>"
        f"<fes:SpatialOperators>{spatial}</fes:SpatialOperators></fes:Spatial_Capabilities>"
        "<fes:Temporal_Capabilities><fes:TemporalOperands>"
        '<fes:TemporalOperand name="gml:TimeInstant"/><fes:TemporalOperand name="gml:TimePeriod"/>'
        f"</fes:TemporalOperands><fes:TemporalOperators>{temporal}</fes:TemporalOperators>"
        "</fes:Temporal_Capabilities></fes:Filter_Capabilities>\n"
    )


def _capabilities_old(service: Service, layers: Sequence[Layer]) -> bytes:
    href = quoted(service.url)
    operations = "".join(
        f'<ows:Operation name="{name}"><ows:DCP><ows:HTTP><ows:Get xlink:href={href}/>'
        f"<ows:Post xlink:href={href}/></ows:HTTP></ows:DCP></ows:Operation>\n"
        for name in _OPERATIONS[:3]
    )
    types = "".join(
        f"<wfs:FeatureType><wfs:Name>{one.name}</wfs:Name>"
        f"<wfs:Title>{text(words_in(one.dataset.title, service.language))}</wfs:Title>"
        f"<wfs:DefaultSRS>{urn(DEGREES)}</wfs:DefaultSRS>"
        f"<wfs:OutputFormats><wfs:Format>{GML_OLD}</wfs:Format><wfs:Format>{JSON}</wfs:Format>"
        f"</wfs:OutputFormats><ows:WGS84BoundingBox><ows:LowerCorner>{one.bounds[0]} "
        f"{one.bounds[1]}</ows:LowerCorner><ows:UpperCorner>{one.bounds[2]} {one.bounds[3]}"
        "</ows:UpperCorner></ows:WGS84BoundingBox></wfs:FeatureType>\n"
        for one in layers
    )
    spatial = "".join(f'<ogc:SpatialOperator name="{n}"/>' for n in _SPATIAL)
    compared = "".join(
        f"<ogc:ComparisonOperator>{n}</ogc:ComparisonOperator>"
        for n in (
            "EqualTo",
            "NotEqualTo",
            "LessThan",
            "GreaterThan",
            "Like",
            "Between",
            "NullCheck",
        )
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:WFS_Capabilities version="1.1.0" {_OLD}>\n'
        f"{_identification(service, ('1.1.0',))}"
        f"<ows:OperationsMetadata>{operations}</ows:OperationsMetadata>\n"
        f"<wfs:FeatureTypeList>\n{types}</wfs:FeatureTypeList>\n"
        "<ogc:Filter_Capabilities><ogc:Spatial_Capabilities><ogc:GeometryOperands>"
        "<ogc:GeometryOperand>gml:Envelope</ogc:GeometryOperand></ogc:GeometryOperands>"
        f"<ogc:SpatialOperators>{spatial}</ogc:SpatialOperators></ogc:Spatial_Capabilities>"
        "<ogc:Scalar_Capabilities><ogc:LogicalOperators/><ogc:ComparisonOperators>"
        f"{compared}</ogc:ComparisonOperators></ogc:Scalar_Capabilities>"
        "<ogc:Id_Capabilities><ogc:FID/></ogc:Id_Capabilities></ogc:Filter_Capabilities>\n"
        "</wfs:WFS_Capabilities>\n"
    ).encode()


def schema(types: Sequence[tuple[str, Sequence[Field]]], version: str) -> bytes:
    """The types as an XML Schema; `types` are ids of datasets with their fields."""
    old = is_old(version)
    space = "http://www.opengis.net/gml" if old else "http://www.opengis.net/gml/3.2"
    where = "3.1.1/base/gml.xsd" if old else "3.2.1/gml.xsd"
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:gml="{space}" '
        f'xmlns:{PREFIX}="{NAMESPACE}" targetNamespace="{NAMESPACE}" '
        f'elementFormDefault="qualified">\n<xsd:import namespace="{space}" '
        f'schemaLocation="http://schemas.opengis.net/gml/{where}"/>\n'
    )
    group = "gml:_Feature" if old else "gml:AbstractFeature"
    return (head + "".join(_schema_of(*one, group) for one in types) + "</xsd:schema>\n").encode()


def _schema_of(id: str, fields: Sequence[Field], group: str) -> str:
    name = xml_name(id)
    inner = "".join(
        f'<xsd:element name="{xml_name(field.name)}" type="{_TYPES[field.type]}" minOccurs="0"/>\n'
        for field in fields
    )
    return (
        f'<xsd:complexType name="{name}Type"><xsd:complexContent>'
        f'<xsd:extension base="gml:AbstractFeatureType"><xsd:sequence>\n{inner}</xsd:sequence>'
        "</xsd:extension></xsd:complexContent></xsd:complexType>\n"
        f'<xsd:element name="{name}" type="{PREFIX}:{name}Type" substitutionGroup="{group}"/>\n'
    )


def collection_head(
    matched: int, returned: int, now: datetime, version: str, schema_at: str, following: str = ""
) -> bytes:
    """What stands before the members."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    begin = '<?xml version="1.0" encoding="UTF-8"?>\n<wfs:FeatureCollection '
    where = f"xsi:schemaLocation={quoted(f'{NAMESPACE} {schema_at}')}"
    if is_old(version):
        return (
            f'{begin}{_OLD} {where} timeStamp="{stamp}" numberOfFeatures="{returned}">\n'.encode()
        )
    next_page = f" next={quoted(following)}" if following else ""
    return (
        f'{begin}{_NEW} {where} timeStamp="{stamp}" numberMatched="{matched}" '
        f'numberReturned="{returned}"{next_page}>\n'
    ).encode()


COLLECTION_TAIL = b"</wfs:FeatureCollection>\n"


def one_feature(content: bytes, type: str, version: str) -> bytes:
    """A feature that stands alone (GetFeatureById)."""
    tag = f"<{PREFIX}:{type} ".encode()
    spaces = (_OLD if is_old(version) else _NEW).encode()
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content.replace(
        tag, tag + spaces + b" ", 1
    )


def stored_queries(names: Sequence[str]) -> bytes:
    """The one stored query there is."""
    types = "".join(f"<wfs:ReturnFeatureType>{n}</wfs:ReturnFeatureType>" for n in names)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:ListStoredQueriesResponse {_NEW}>'
        f'<wfs:StoredQuery id="{BY_ID}"><wfs:Title>Get a feature by its id</wfs:Title>{types}'
        "</wfs:StoredQuery></wfs:ListStoredQueriesResponse>\n"
    ).encode()


def stored_query() -> bytes:
    """What it takes."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:DescribeStoredQueriesResponse {_NEW}>'
        f'<wfs:StoredQueryDescription id="{BY_ID}"><wfs:Title>Get a feature by its id</wfs:Title>'
        '<wfs:Parameter name="ID" type="xsd:string" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema"/>'
        '<wfs:QueryExpressionText returnFeatureTypes="" isPrivate="true" '
        'language="urn:ogc:def:queryLanguage:OGC-WFS::WFSQueryExpression"/>'
        "</wfs:StoredQueryDescription></wfs:DescribeStoredQueriesResponse>\n"
    ).encode()


def exception(code: str, locator: str, message: str, version: str) -> bytes:
    """An exception report (Web Services Common, clause 8)."""
    space, number = ("ows", "1.0.0") if is_old(version) else ("ows/1.1", "2.0.0")
    place = f" locator={quoted(locator)}" if locator else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ows:ExceptionReport version="{number}" '
        f'xmlns:ows="http://www.opengis.net/{space}" xml:lang="en">'
        f'<ows:Exception exceptionCode="{code}"{place}>'
        f"<ows:ExceptionText>{text(message)}</ows:ExceptionText></ows:Exception>"
        "</ows:ExceptionReport>\n"
    ).encode()
