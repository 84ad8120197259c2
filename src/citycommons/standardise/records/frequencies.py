"""How often data change, as codes of the European frequency table.

References
----------
EU Publications Office: authority table frequency. ISO 8601 repeating intervals (`R/P1D`).
Collection Description Frequency Vocabulary (purl.org/cld/freq). ISO 19115: MD_MaintenanceFrequency.
"""

import re

_CODES = (
    "1MIN 5MIN 10MIN 15MIN 30MIN 12HRS ANNUAL ANNUAL_2 ANNUAL_3 AS_NEEDED BIDECENNIAL BIENNIAL "
    "BIHOURLY BIMONTHLY BIWEEKLY CONT DAILY DAILY_2 DECENNIAL HOURLY IRREG MONTHLY MONTHLY_2 "
    "MONTHLY_3 NEVER NOT_PLANNED QUADRENNIAL QUARTERLY QUINQUENNIAL TRIDECENNIAL TRIENNIAL "
    "TRIHOURLY UPDATE_CONT WEEKLY WEEKLY_2 WEEKLY_3 WEEKLY_5"
)
CODES = frozenset(_CODES.split())
_INTERVALS = {
    "PT1S": "CONT", "PT1M": "1MIN", "PT5M": "5MIN", "PT10M": "10MIN", "PT15M": "15MIN",
    "PT30M": "30MIN", "PT1H": "HOURLY", "PT2H": "BIHOURLY", "PT3H": "TRIHOURLY", "PT12H": "12HRS",
    "P1D": "DAILY", "P7D": "WEEKLY", "P1W": "WEEKLY", "P2W": "BIWEEKLY", "P3.5D": "WEEKLY_2",
    "P0.33W": "WEEKLY_3", "P0.5W": "WEEKLY_2", "P0.33M": "MONTHLY_3", "P0.5M": "MONTHLY_2",
    "P1M": "MONTHLY", "P2M": "BIMONTHLY", "P3M": "QUARTERLY", "P4M": "ANNUAL_3", "P6M": "ANNUAL_2",
    "P1Y": "ANNUAL", "P12M": "ANNUAL", "P2Y": "BIENNIAL", "P3Y": "TRIENNIAL", "P4Y": "QUADRENNIAL",
    "P5Y": "QUINQUENNIAL", "P10Y": "DECENNIAL",
}  # fmt: skip
_WORDS = {
    "CONT": "continuous continual continuously realtime real-time real.time echtzeit laufend "
    "kontinuierlich tempo.reale in.tempo.reale continuo temps.réel en.temps.réel continu live",
    "HOURLY": "hourly stündlich ogni.ora orario horaire every.hour",
    "DAILY": "daily day täglich giornaliera giornaliero quotidiano quotidienne quotidien "
    "journalière every.day every.weekday werktäglich arbeitstäglich",
    "DAILY_2": "twice.a.day semidaily",
    "WEEKLY": "weekly wöchentlich settimanale hebdomadaire every.week",
    "WEEKLY_2": "semiweekly twice.a.week",
    "WEEKLY_3": "threetimesaweek three.times.a.week",
    "BIWEEKLY": "fortnightly biweekly zweiwöchentlich 14-tägig vierzehntäglich quindicinale "
    "bimensuelle every.two.weeks",
    "MONTHLY": "monthly monatlich mensile mensuelle mensuel every.month",
    "MONTHLY_2": "semimonthly twice.a.month",
    "MONTHLY_3": "threetimesamonth three.times.a.month",
    "BIMONTHLY": "bimonthly zweimonatlich bimestrale bimestrielle",
    "QUARTERLY": "quarterly vierteljährlich quartalsweise trimestrale trimestrielle trimestriel",
    "ANNUAL_2": "semiannual biannually biannual halbjährlich semestrale semestrielle twice.a.year "
    "half-yearly",
    "ANNUAL_3": "threetimesayear three.times.a.year quadrimestrale",
    "ANNUAL": "annual annually yearly jährlich annuale annuelle annuel every.year",
    "BIENNIAL": "biennial biennially zweijährlich alle.zwei.jahre biennale bisannuelle "
    "every.two.years",
    "TRIENNIAL": "triennial dreijährlich triennale",
    "QUINQUENNIAL": "quinquennial fünfjährlich quinquennale every.five.years",
    "DECENNIAL": "decennial zehnjährlich decennale décennale",
    "IRREG": "irregular irregularly unregelmässig unregelmäßig irregolare irrégulière irrégulier",
    "AS_NEEDED": "asneeded as.needed bei.bedarf anlassbezogen secondo.necessità "
    "selon.besoin à.la.demande quando.necessario",
    "NEVER": "never nie mai jamais punctual ponctuelle ponctuel keine.aktualisierung einmalig "
    "una.tantum una.sola.volta",
    "NOT_PLANNED": "notplanned not.planned nicht.geplant non.pianificato non.planifié",
}
_BY_WORD = {word.replace(".", " ").strip(): code for code, words in _WORDS.items()
            for word in words.split()}  # fmt: skip


def frequency_of(said: str) -> str:
    """The code of an address, a code, an interval or a word of four languages; else empty."""
    last = re.split(r"[/#]", said.strip().rstrip("/"))[-1]
    if last.upper() in CODES:
        return last.upper()
    if found := re.fullmatch(r"(?:R\d*/)?(P.+)", said.strip().upper()):
        return _INTERVALS.get(found[1], "")
    text = " ".join(last.casefold().replace("_", " ").split())
    return _BY_WORD.get(text) or _BY_WORD.get(text.replace("-", " "), "")
