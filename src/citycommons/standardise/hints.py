"""What the name of a column says: codes, dates, places and units, in four languages."""

import re

_CODE = re.compile(
    r"(?:^|[\W_])(?:plz|postleitzahl|postcode|post_code|zip|zipcode|cap|codepostal|code_postal|"
    r"code postal|codice_postale|tel|telefon|telephone|téléphone|telefono|fax|phone|mobile|"
    r"hausnummer|hausnr|haus_nr|civico|housenumber|house_number|iban|isbn|siret|siren|"
    r"codice_fiscale|partita_iva|ags|nuts|insee)(?:$|[\W_])",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"dat(?:e|um|a)(?:$|[\W_])|^tag$|^day$|^jour$|^giorno$|zeitpunkt|timestamp|(?:^|[\W_])date",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(
    r"^(?:id|nr|no|key|code|uuid|guid|objectid|fid|gml_id|codice|identifiant|kennung|nummer)$"
    r"|[_\s-](?:id|nr|key|uuid|code|kennung)$|^(?:id|nr|code)[_\s-]|[a-z](?:Id|ID)$",
    re.IGNORECASE,
)
_CATEGORY = re.compile(
    r"(?:jahr|year|année|annee|anno|monat|month|mois|mese|stunde|hour|heure|weekday|wochentag|"
    r"kategorie|category|catégorie|categoria|typ\d?|type|tipo|klasse|class|art|status|stato|bezirk|"
    r"bereich|code|stufe|level)$|^(?:ora|land|bez)$",
    re.IGNORECASE,
)
_LATITUDE = frozenset(
    [
        "lat",
        "latitude",
        "latitudine",
        "breite",
        "breitengrad",
        "geobreite",
        "lat_wgs84",
        "y_wgs84",
        "ygcswgs84",
        "wgs84_lat",
        "wgs84_y",
        "geo_lat",
        "geolat",
        "coord_lat",
    ]
)
_LONGITUDE = frozenset(
    [
        "lon",
        "long",
        "lng",
        "longitude",
        "longitudine",
        "länge",
        "laenge",
        "längengrad",
        "laengengrad",
        "geolänge",
        "lon_wgs84",
        "x_wgs84",
        "xgcswgs84",
        "wgs84_lon",
        "wgs84_x",
        "wgs84_long",
        "geo_lon",
        "geo_lng",
        "geo_long",
        "geolon",
        "coord_lon",
    ]
)
_UNIT = re.compile(r"[\[(]\s*([^\[\]()]{1,12})\s*[\])]\s*$|\bin ((?:µg|mg|g)/m³)")
_UCUM = {
    **{unit: unit for unit in ("kW", "kWh", "MWh", "m", "km", "cm", "mm", "kg", "g", "t", "s")},
    **{unit: unit for unit in ("W", "MW", "GWh", "km/h", "m/s", "h", "min", "ha", "%", "ms", "l")},
    "°C": "Cel",
    "°": "deg",
    "m²": "m2",
    "m2": "m2",
    "qm": "m2",
    "km²": "km2",
    "m³": "m3",
    "µg/m³": "ug/m3",
    "μg/m³": "ug/m3",
    "mg/m³": "mg/m3",
    "EUR": "EUR",
    "€": "EUR",
    "Euro": "EUR",
    "kWp": "kW",
    "hPa": "hPa",
    "dB": "dB",
    "Stunden": "h",
    "Minuten": "min",
}


def is_code(name: str) -> bool:
    """Whether digits below this name are no quantity (post codes, telephones, house numbers)."""
    return bool(_CODE.search(name))


def is_date(name: str) -> bool:
    return bool(_DATE.search(name))


def is_identifier(name: str) -> bool:
    return bool(_IDENTIFIER.search(name.strip()))


def is_category(name: str) -> bool:
    return bool(_CATEGORY.search(name.strip()))


def axis(name: str) -> str:
    """`lat` or `lon` by a plain name, `x` or `y` by a letter that may be anything, else nothing."""
    plain = re.sub(r"[\s.\-]+", "_", name.strip().lower()).strip("_")
    last = (
        plain.rsplit("_", 1)[-1] if plain.startswith(("fields_", "properties_", "geo_")) else plain
    )
    for known in (plain, last):
        if known in _LATITUDE:
            return "lat"
        if known in _LONGITUDE:
            return "lon"
        if known in ("x", "y"):
            return known
        if known in ("x_co_ordinate", "x_coordinate", "x_koordinate", "coord_x", "coordx"):
            return "x"
        if known in ("y_co_ordinate", "y_coordinate", "y_koordinate", "coord_y", "coordy"):
            return "y"
    return ""


def unit(name: str) -> str:
    """The UCUM unit in a name like `Leistung [kW]`; empty when it names none."""
    if not (found := _UNIT.search(name)):
        return ""
    return _UCUM.get((found[1] or found[2]).strip(), "")
