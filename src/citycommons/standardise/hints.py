"""What the name of a column says: codes, dates, places and units, in four languages."""

import re
from zoneinfo import ZoneInfo

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
_NUMBERING = re.compile(
    r"(?:^|[\W_])(?:room|raum\w*|zimmer\w*|salle|stanza|version|versione|ver|release|revision|"
    r"kapitel|chapter|chapitre|capitolo|section|abschnitt|paragra(?:ph|f|fo)|article|artikel|"
    r"articolo|gliederung\w*)(?:$|[\W_])",
    re.IGNORECASE,
)
_SEX = re.compile(
    r"(?:^|[\W_])(?:sex|sexe|sesso|gender|genre|genere|geschlecht)(?:$|[\W_])", re.IGNORECASE
)
_OFFSET = re.compile(
    r"(?P<etc>Etc/)?(?:GMT|UTC|gmt|utc) ?(?P<sign>[+\u2212-]) ?(?P<h>\d{1,2})(?P<m>:?\d{2})?(?!\d)"
)
_ABBREVIATED = {
    **dict.fromkeys(("UTC", "utc", "Utc", "GMT", "gmt", "WET", "Zulu", "zulu"), 0),
    **dict.fromkeys(("MEZ", "mez", "CET", "cet", "BST", "WEST", "HNEC"), 60),
    **dict.fromkeys(("MESZ", "mesz", "CEST", "cest", "EET"), 120),
    "EEST": 180,
}
_ZONE_WORD = re.compile(
    r"(?:(?<![A-Za-zÀ-ÿ])|(?<=[a-z])(?=[A-Z]))(" + "|".join(_ABBREVIATED) + r")(?![A-Za-zÀ-ÿ])"
)
_ZONE_NAME = re.compile(r"(?:Europe|Africa|America|Asia|Atlantic|Australia|Indian|Pacific)/\w+")
_IDENTIFIER = re.compile(
    r"^(?:id|nr|no|key|code|uuid|guid|objectid|fid|gml_id|codice|identifiant|kennung|nummer)$"
    r"|[_\s/.:-](?:id|nr|key|uuid|code|kennung)$|^(?:id|nr|code)[_\s-]|[a-z](?:Id|ID)$",
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


def is_code(name: str) -> bool:
    """Whether digits below this name are no quantity (post codes, telephones, house numbers)."""
    return bool(_CODE.search(name))


def is_date(name: str) -> bool:
    return bool(_DATE.search(name))


def is_numbering(name: str) -> bool:
    """Whether 1.10 below this name comes after 1.9 and is not 1.1 (rooms, versions, chapters)."""
    return bool(_NUMBERING.search(name))


def is_sex(name: str) -> bool:
    """Whether a column is called sex or gender: its T and F are total and female."""
    return bool(_SEX.search(name))


def offset(name: str) -> int | None:
    """Minutes east of Greenwich that a column of times names (`Time, GMT+01:00`, `Zeit (MEZ)`).

    None where it names none, or both winter and summer time (`MEZ/MESZ`): then the city's own
    clock is meant.
    """
    if found := _OFFSET.search(name):
        digits = found["h"] + (found["m"] or "").replace(":", "").ljust(2, "0")
        minutes = int(digits[:-2]) * 60 + int(digits[-2:])
        is_turned = bool(found["etc"]) != (found["sign"] == "-")  # Etc/GMT-1 lies east
        return minutes * (-1 if is_turned else 1) if minutes <= 14 * 60 else None
    named = {_ABBREVIATED[word] for word in _ZONE_WORD.findall(name)}
    return named.pop() if len(named) == 1 else None


def zone(name: str) -> str:
    """The time zone that a column names in full (`time [Europe/Rome]`); empty without one."""
    if found := _ZONE_NAME.search(name):
        try:
            return ZoneInfo(found[0]).key
        except (KeyError, ValueError):
            return ""
    return ""


def is_identifier(name: str) -> bool:
    return bool(_IDENTIFIER.search(name.strip()))


def is_category(name: str) -> bool:
    return bool(_CATEGORY.search(name.strip()))


def axis(name: str) -> str:
    """`lat` or `lon` by a plain name, `x` or `y` by one that may be anything, else nothing.

    Letters and words for east and north (`E`, `Rechtswert`, `coord_est`) stand for x and y, with or
    without the name of a grid beside them (`X_RD`, `y_lambert93`, `E [LV95]`). Of a name of nested
    objects (`location.latitude`) the last part counts.
    """
    name = name.rpartition(".")[2] or name
    plain = re.sub(r"[^\w]+", "_", name.strip().lower()).strip("_")
    last = (
        plain.rsplit("_", 1)[-1] if plain.startswith(("fields_", "properties_", "geo_")) else plain
    )
    for known in (plain, last):
        if known in _LATITUDE:
            return "lat"
        if known in _LONGITUDE:
            return "lon"
        if found := _plane_axis(known):
            return found
    return ""


def is_geojson(name: str) -> bool:
    """Whether a nested column is the coordinates of a GeoJSON geometry: longitude comes first."""
    return name.rpartition(".")[2].casefold() == "coordinates" and "." in name


def parent(name: str) -> str:
    """The object that a nested column is of: `location` of `location.latitude`."""
    return name.rpartition(".")[0]


def _plane_axis(plain: str) -> str:
    """`x` or `y` where all words of the name are an axis or the name of a grid."""
    words = [
        word for word in re.split(r"_+|(?<=coord)(?=[xy]$)|(?<=^[xy])(?=coord)", plain) if word
    ]
    axes = {axis for word in words for axis in ("x", "y") if word in _PLANE_AXES[axis]}
    is_all = all(
        _GRID.fullmatch(word) or word in _PLANE_AXES["x"] | _PLANE_AXES["y"] for word in words
    )
    return axes.pop() if is_all and len(axes) == 1 else ""


_PLANE_AXES = {
    "x": frozenset(
        (
            *("x", "e", "easting", "eastings", "east", "rechtswert", "rw", "ostwert"),
            *("est", "ost", "este", "xcoord", "xkoord", "xkoordinate", "xcoordinate"),
        )
    ),
    "y": frozenset(
        (
            *("y", "n", "northing", "northings", "north", "hochwert", "hw", "nordwert"),
            *("nord", "norte", "ycoord", "ykoord", "ykoordinate", "ycoordinate"),
        )
    ),
}
_GRID = re.compile(
    r"coords?|co|ordinate|coordinate?s?|coordonn[ée]es?|coordinat[ae]|koord(?:inaten?)?|geo|geom|"
    r"pos|position|posizione|point|punkt|punto|standort|loc|location|centro?id|map|grid|m|meter|"
    r"rd|rdnew|utm|utm3[123]n?|etrs|etrs89|lv|lv03|lv95|ch|ch1903|ch1903\+|lambert|lambert2?e?|"
    r"lambert93|l93|93|89|95|72|rgf|rgf93|cc|cc4\d|cc50|gk|gk\d?|gb|gauss|boaga|kr[üu]ger|mgi|bmn|"
    r"osgb|osgb36|bng|itm|irish|(?:epsg|srid|crs)\d{0,6}|\d{4,5}|zone|3[123]n?"
)
