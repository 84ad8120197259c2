"""Units in headers, notes and cells, as people write them in four languages, to UCUM."""

import re

_SAME = (
    *(
        "W",
        "kW",
        "MW",
        "GW",
        "Wh",
        "kWh",
        "MWh",
        "GWh",
        "J",
        "kJ",
        "MJ",
        "GJ",
        "V",
        "A",
        "Ah",
        "Hz",
    ),
    *(
        "m",
        "km",
        "cm",
        "mm",
        "kg",
        "g",
        "mg",
        "t",
        "s",
        "ms",
        "h",
        "min",
        "d",
        "ha",
        "l",
        "ml",
        "%",
    ),
    *("km/h", "m/s", "l/s", "l/h", "mm/h", "mg/l", "g/l", "Pa", "hPa", "kPa", "bar", "mbar", "K"),
    *("kWh/a", "kWh/m2", "W/m2", "EUR", "CHF", "USD", "GBP", "dB", "lx", "lm"),
)
UCUM: dict[str, str] = {
    **{unit: unit for unit in _SAME},
    **dict.fromkeys(("°C", "° C", "Grad Celsius", "celsius", "degC", "Deg C", "deg_C"), "Cel"),
    **dict.fromkeys(("°", "Grad", "degrees", "degrés", "gradi"), "deg"),
    **dict.fromkeys(("m²", "m2", "qm", "mq", "m^2", "sqm"), "m2"),
    **dict.fromkeys(("km²", "km2", "qkm", "kmq", "km^2"), "km2"),
    **dict.fromkeys(("m³", "m3", "cbm", "mc", "m^3", "Kubikmeter"), "m3"),
    **dict.fromkeys(("m³/h", "m3/h"), "m3/h"),
    **dict.fromkeys(("m³/s", "m3/s"), "m3/s"),
    **dict.fromkeys(("µg/m³", "μg/m³", "µg/m3", "μg/m3", "ug/m3", "mcg/m3"), "ug/m3"),
    **dict.fromkeys(("mg/m³", "mg/m3"), "mg/m3"),
    **dict.fromkeys(("g/m³", "g/m3"), "g/m3"),
    **dict.fromkeys(("W/m²", "W/m^2"), "W/m2"),
    **dict.fromkeys(("Volts", "Volt"), "V"),
    **dict.fromkeys(("meters/second", "meters/s"), "m/s"),
    **dict.fromkeys(("kWh/m²", "kWh/qm"), "kWh/m2"),
    **dict.fromkeys(("l/m²", "l/m2"), "l/m2"),
    **dict.fromkeys(("µS/cm", "μS/cm", "uS/cm"), "uS/cm"),
    **dict.fromkeys(("€", "Euro", "euro", "euros", "Eur", "in Euro"), "EUR"),
    **dict.fromkeys(("T€", "TEUR", "Tsd. Euro", "Tsd. €", "1000 EUR", "k€"), "1000.EUR"),
    **dict.fromkeys(("Mio. €", "Mio. Euro", "Mio. EUR", "M€", "Mio EUR"), "1000000.EUR"),
    "kWp": "kW",
    "dB(A)": "dB",
    "dBA": "dB",
    "mph": "[mi_i]/h",
    "miles": "[mi_i]",
    "ft": "[ft_i]",
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "‰": "[ppth]",
    **dict.fromkeys(("Prozent", "percent", "per cent", "pct", "pourcent", "pour cent"), "%"),
    **dict.fromkeys(("Stunden", "hours", "heures", "ore", "Std", "Std.", "hrs"), "h"),
    **dict.fromkeys(("Minuten", "minutes", "minuti", "mins"), "min"),
    **dict.fromkeys(("Sekunden", "seconds", "secondes", "secondi", "sec", "sek"), "s"),
    **dict.fromkeys(("Tage", "days", "jours", "giorni"), "d"),
    **dict.fromkeys(("Wochen", "weeks", "semaines", "settimane"), "wk"),
    **dict.fromkeys(("Monate", "months", "mois", "mesi"), "mo"),
    **dict.fromkeys(("Jahre", "Jahren", "years", "ans", "années", "anni"), "a"),
    **dict.fromkeys(("Meter", "Metern", "meters", "metres", "mètres", "metri"), "m"),
    **dict.fromkeys(("Kilometer", "Kilometern", "kilometers", "kilomètres", "chilometri"), "km"),
    **dict.fromkeys(("Tonnen", "tonnes", "tons", "tonnellate"), "t"),
    **dict.fromkeys(("Liter", "litres", "liters", "litri", "L"), "l"),
    **dict.fromkeys(("Hektar", "hectares", "ettari"), "ha"),
    **dict.fromkeys(("Kfz/h", "Fzg/h", "veh/h", "véh/h", "veic/h", "veicoli/h", "vehicles/h"),
                    "{vehicles}/h"),
    **dict.fromkeys(("Kfz/24h", "Kfz/24 h", "Kfz/d", "Kfz/Tag", "veh/d", "véh/j", "veicoli/giorno"),
                    "{vehicles}/d"),
}  # fmt: skip
"""A unit as written → UCUM; beyond it, units of UCUM itself are taken as they are by people."""

_FOLDED = {written.casefold(): unit for written, unit in UCUM.items() if len(written) > 2}
_BRACKETS = re.compile(
    r"[\[(]\s*(?:in\s+|en\s+)?([^\[\]()]{1,16}(?:\(A\))?)\s*[\])]", re.IGNORECASE
)
_AFTER_IN = re.compile(r"(?:^|[\s_])(?:in|en)[\s_]+([^\s_]{1,14}(?:\s€)?)\s*$", re.IGNORECASE)
_SUFFIXES = {
    "kmh": "km/h",
    "km/h": "km/h",
    "kph": "km/h",
    "mph": "[mi_i]/h",
    "kwh": "kWh",
    "mwh": "MWh",
    "kw": "kW",
    "mw": "MW",
    "km": "km",
    "km2": "km2",
    "m2": "m2",
    "m3": "m3",
    "qm": "m2",
    "ha": "ha",
    "kg": "kg",
    "eur": "EUR",
    "euro": "EUR",
    "pct": "%",
    "percent": "%",
    "prozent": "%",
    "celsius": "Cel",
    "mm": "mm",
    "cm": "cm",
    "hpa": "hPa",
    "ugm3": "ug/m3",
    "chf": "CHF",
    "db": "dB",
    "ppm": "[ppm]",
    "ppb": "[ppb]",
    "kwp": "kW",
}
_SUFFIX = re.compile(r"[_\s]([A-Za-z]+(?:/?[A-Za-z]*\d?))$")


def ucum(written: str) -> str:
    """The UCUM unit for one as people write it (`kW`, `[km/h]`, `Std.`); empty when it is none."""
    bare = re.sub(r"\s+", " ", written.strip().strip("[]").strip())
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1].strip()
    return UCUM.get(bare) or _FOLDED.get(bare.casefold(), "")


def in_name(name: str) -> str:
    """The UCUM unit in a header: `Leistung [kW]`, `Fläche in m²`, `speed_kmh`; or nothing."""
    for found in reversed(_BRACKETS.findall(name)):
        if unit := ucum(found):
            return unit
    if (after := _AFTER_IN.search(name)) and (unit := ucum(after[1])):
        return unit
    if last := _SUFFIX.search(name.strip()):
        return _SUFFIXES.get(last[1].lower(), "")
    return ""
