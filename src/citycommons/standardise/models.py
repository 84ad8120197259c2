"""The field's own tables as data: their fields, and the words by which columns are known.

Each field names the words by which columns of that meaning are called in English, German, French
and Italian, and each code the words that stand for it. Sources, by table:

- `crash`: Unfallatlas of the German statistical offices (record description 2021), STATS19 (Great
  Britain, Road Safety Open Data Guide), BAAC (France), Istat (Italy).
- `count`: OGC SensorThings 1.1 (Observation), Smart Data Models `TrafficFlowObserved`.
- `roadwork`: DATEX II v3 `Roadworks`, WZDx 4.2 work zone road event.
- `parking`: DATEX II v3 `ParkingPublication`, Smart Data Models `OffStreetParking`.
- `meter`: SensorThings Observation with a meter as its Thing; Smart Data Models `ACMeasurement`,
  `WaterConsumptionObserved`.
- `air-quality`: Smart Data Models `AirQualityObserved`; Directive 2008/50/EC for pollutants.
- `waste`: Smart Data Models `WasteContainer`.
- `street-light`: Smart Data Models `Streetlight`.
- `citizen-report`: Open311 GeoReport v2 (service request).
- `budget-line`: Fiscal Data Package (Open Knowledge), OCDS for the names of parties.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from citycommons.core.errors import NotFound
from citycommons.core.types import Field, FieldRole, FieldType, Rule, Text

_S, _I, _N, _B = FieldType.STRING, FieldType.INTEGER, FieldType.NUMBER, FieldType.BOOLEAN
_D, _T, _G = FieldType.DATE, FieldType.DATETIME, FieldType.GEOMETRY
_ID, _TIME, _MEASURE = FieldRole.IDENTIFIER, FieldRole.TIME, FieldRole.MEASURE
_KIND, _TEXT, _PLACE = FieldRole.CATEGORY, FieldRole.TEXT, FieldRole.GEOMETRY


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelField:
    """A field of a model, and by which words it is recognised."""

    meaning: Field
    words: tuple[str, ...]  # names of columns in four languages, in small letters
    is_required: bool = False
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # code → words in values
    coded: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Name of a column → what its numbers mean there (a national record description)."""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def name(self) -> str:
        return self.meaning.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of the field's own tables."""

    id: str
    title: Text
    source: str
    fields: tuple[ModelField, ...]
    words: tuple[str, ...] = ()  # that names of files and columns of such tables hold
    one_of: tuple[str, ...] = ()  # fields of which a table has at least one
    wide: tuple[str, str] | None = None  # (name, value): often one column for each name
    rules: tuple[Rule, ...] = ()

    def of(self, name: str) -> ModelField:
        """The field of that name; raises `NotFound`."""
        for one in self.fields:
            if one.name == name:
                return one
        raise NotFound(
            f"The model “{self.id}” has no field “{name}”; it has "
            f"{', '.join(one.name for one in self.fields)}."
        )


def model(id: str) -> Model:
    """The model of that name; raises `NotFound`."""
    if (found := MODELS.get(id)) is None:
        raise NotFound(f"There is no model “{id}”; there are {', '.join(MODELS)}.")
    return found


def _of(
    name: str,
    type: FieldType,
    role: FieldRole,
    words: str,
    *,
    unit: str = "",
    needed: bool = False,
    codes: Mapping[str, str] | None = None,
    coded: Mapping[str, Mapping[str, str]] | None = None,
    least: float | None = None,
    most: float | None = None,
) -> ModelField:
    split = {code: _split(said) for code, said in (codes or {}).items()}
    return ModelField(
        meaning=Field(name=name, type=type, role=role, unit=unit),
        words=_split(words),
        is_required=needed,
        codes=split,
        coded=coded or {},
        minimum=least,
        maximum=most,
    )


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(";") if word.strip())


_WHEN = (
    "time; t; datetime; date time; timestamp; phenomenon time; date; hour; zeit; zeitpunkt; datum; "
    "datum und uhrzeit; uhrzeit; stunde; stunden; horodatage; date et heure; heure; date heure; "
    "data; ora; data e ora; data ora; orario; rilevato il"
)
_WHERE = "geometry; geom; position; location; the geom; geo point; geometrie; geometria; géométrie"
_STREET = "street; street name; road; strasse; straße; strassenname; rue; voie; via; indirizzo"
_STATUS = "status; state; zustand; statut; état; etat; stato"
_CASUALTY = {
    "fatal": "fatal; killed; death; tote; getötete; tödlich; unfall mit getöteten; mortel; tué; "
    "mortale; morto; deceduto",
    "serious": "serious; severe; schwer; schwerverletzt; schwerverletzte; unfall mit "
    "schwerverletzten; grave; blessé hospitalisé; ferito grave; prognosi riservata",
    "slight": "slight; minor; leicht; leichtverletzt; leichtverletzte; unfall mit "
    "leichtverletzten; léger; blessé léger; lieve; ferito lieve",
    "damage-only": "damage only; property damage; sachschaden; dégâts matériels; indemne; "
    "soli danni; danni a cose",
}

_CRASH = Model(
    id="crash",
    title={"en": "Road crashes", "de": "Verkehrsunfälle", "fr": "Accidents", "it": "Incidenti"},
    source="Unfallatlas, STATS19, BAAC",
    words=("unfall", "unfälle", "verkehrsunfälle", "crash", "accident", "accidents", "incidenti"),
    fields=(
        _of("id", _S, _ID, "objectid; accident index; accident reference; collision reference; "
            "id; num acc; uident; unfallnummer; unfall id; id incidente; protocollo"),
        _of("occurred", _T, _TIME, "occurred; crash date; accident date; date; unfallzeit; "
            "unfalldatum; date accident; data incidente; data"),
        _of("year", _I, _KIND, "ujahr; year; accident year; collision year; jahr; unfalljahr; "
            "année; annee; an; anno", least=1900, most=2200),
        _of("month", _I, _KIND, "umonat; month; monat; unfallmonat; mois; mese", least=1, most=12),
        _of("hour", _I, _KIND, "ustunde; hour; stunde; unfallstunde; heure; ora", least=0, most=25),
        _of("weekday", _I, _KIND, "uwochentag; day of week; weekday; wochentag; "
            "jour de la semaine; giorno della settimana", least=1, most=7),
        _of("severity", _S, _KIND, "ukategorie; severity; accident severity; collision severity; "
            "unfallkategorie; unfallschwere; schwere; grav; gravité; gravite; gravità; esito",
            needed=True, codes=_CASUALTY,
            coded={
                "ukategorie": {"1": "fatal", "2": "serious", "3": "slight"},
                "unfallkategorie": {"1": "fatal", "2": "serious", "3": "slight"},
                "accident severity": {"1": "fatal", "2": "serious", "3": "slight"},
                "collision severity": {"1": "fatal", "2": "serious", "3": "slight"},
                "grav": {"1": "damage-only", "2": "fatal", "3": "serious", "4": "slight"},
            }),
        _of("kind", _S, _KIND, "uart; unfallart; collision type; type of accident; col; "
            "type de collision; natura incidente; natura"),
        _of("cause_type", _S, _KIND, "utyp1; utyp; unfalltyp; accident type; circostanza"),
        _of("light", _S, _KIND, "ulichtverh; lichtverhältnisse; light conditions; light; lum; "
            "lumière; illuminazione; condizioni di luce",
            codes={"daylight": "daylight; tageslicht; plein jour; giorno; luce diurna",
                   "twilight": "twilight; dawn; dusk; dämmerung; crépuscule; crepuscolo",
                   "dark": "dark; darkness; dunkelheit; nuit; notte; buio"},
            coded={"ulichtverh": {"0": "daylight", "1": "twilight", "2": "dark"}}),
        _of("surface", _S, _KIND, "ustrzustand; istrstrasse; strassenzustand; straßenzustand; "
            "strzustand; road surface conditions; road surface; surf; état de surface; "
            "fondo stradale",
            codes={"dry": "dry; trocken; sèche; seche; asciutto",
                   "wet": "wet; nass; feucht; mouillée; mouillee; bagnato",
                   "icy": "icy; ice; snow; winterglatt; glatt; verglacée; ghiacciato; innevato"},
            coded={name: {"0": "dry", "1": "wet", "2": "icy"}
                   for name in ("ustrzustand", "strzustand", "istrstrasse")}),
        _of("bicycle", _B, _KIND, "istrad; rad; fahrrad; bicycle; pedal cycle; cycliste; vélo; "
            "bicicletta; velocipede"),
        _of("car", _B, _KIND, "istpkw; pkw; car; voiture; auto; autovettura"),
        _of("pedestrian", _B, _KIND, "istfuss; fuss; fussgänger; fußgänger; pedestrian; piéton; "
            "pedone"),
        _of("motorcycle", _B, _KIND, "istkrad; krad; kraftrad; motorrad; motorcycle; moto; "
            "deux roues motorisé; motociclo"),
        _of("goods_vehicle", _B, _KIND, "istgkfz; gkfz; lkw; güterkraftfahrzeug; goods vehicle; "
            "lorry; truck; poids lourd; autocarro"),
        _of("other", _B, _KIND, "istsonstige; istsonstig; sonstige; other vehicle; autre; altro"),
        _of("killed", _I, _MEASURE, "killed; number killed; fatalities; getötete; tote; tués; "
            "nombre de tués; morti; deceduti", least=0),
        _of("injured", _I, _MEASURE, "injured; casualties; number of casualties; verletzte; "
            "blessés; feriti", least=0),
        _of("street", _S, _TEXT, _STREET),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
)  # fmt: skip

_COUNT = Model(
    id="count",
    title={"en": "Counts", "de": "Zählungen", "fr": "Comptages", "it": "Conteggi"},
    source="OGC SensorThings 1.1, Smart Data Models TrafficFlowObserved",
    words=("zählung", "zählstelle", "zaehlstelle", "count", "counter", "comptage", "compteur",
           "conteggio", "traffic", "verkehr", "radverkehr", "fahrräder", "radfahrer", "detector",
           "vélos", "bici", "passaggi"),
    wide=("station", "count"),
    fields=(
        _of("time", _T, _TIME, _WHEN, needed=True),
        _of("station", _S, _ID, "station; site; counter; sensor; detector; location id; "
            "zählstelle; zaehlstelle; standort; messstelle; compteur; point de comptage; "
            "identifiant du compteur; nom du compteur; stazione; postazione; sezione"),
        _of("count", _I, _MEASURE, "count; counts; intensity; volume; flow; vehicles; total; "
            "anzahl; zählung; gesamt; verkehrsstärke; radfahrende; kfz; comptage; débit; debit; "
            "comptage horaire; nombre; conteggio; transiti; passaggi; numero veicoli; totale",
            unit="1", needed=True, least=0),
        _of("direction", _S, _KIND, "direction; richtung; fahrtrichtung; sens; direzione"),
        _of("mode", _S, _KIND, "mode; vehicle type; vehicle class; verkehrsart; fahrzeugart; "
            "type de véhicule; tipo veicolo; tipologia",
            codes={"bicycle": "bicycle; bike; fahrrad; rad; vélo; velo; bicicletta; bici",
                   "car": "car; cars; pkw; kfz; auto; voiture; vl; autovettura",
                   "pedestrian": "pedestrian; fussgänger; fußgänger; piéton; pedone",
                   "goods_vehicle": "lorry; truck; lkw; poids lourd; pl; autocarro; camion",
                   "bus": "bus; autobus"}),
        _of("speed", _N, _MEASURE, "speed; average speed; geschwindigkeit; vitesse; velocità",
            unit="km/h", least=0, most=300),
        _of("occupancy", _N, _MEASURE, "occupancy; belegungsgrad; taux d'occupation; occupazione",
            unit="%", least=0, most=100),
        _of("temperature", _N, _MEASURE, "temperature; temperatur; température; temperatura",
            unit="Cel", least=-60, most=60),
        _of("inbound", _I, _MEASURE, "inbound; stadteinwärts; fr stadteinwärts; "
            "vers le centre; in entrata", unit="1", least=0),
        _of("outbound", _I, _MEASURE, "outbound; stadtauswärts; fr stadtauswärts; "
            "depuis le centre; in uscita", unit="1", least=0),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
)  # fmt: skip

_ROADWORK = Model(
    id="roadwork",
    title={"en": "Roadworks", "de": "Baustellen", "fr": "Travaux", "it": "Cantieri"},
    source="DATEX II v3 Roadworks, WZDx 4.2",
    words=("roadworks", "roadwork", "baustelle", "baustellen", "sperrung", "travaux", "chantier",
           "cantiere", "cantieri", "lavori", "closure"),
    fields=(
        _of("id", _S, _ID, "id; situation id; permit; aktenzeichen; baustellennummer; numéro; "
            "identifiant; codice; numero cantiere"),
        _of("street", _S, _TEXT, _STREET, needed=True),
        _of("section", _S, _TEXT, "section; between; abschnitt; von bis; tronçon; tratto"),
        _of("start", _D, _TIME, "start; start date; begin; from; overall start time; beginn; von; "
            "baubeginn; date de début; date debut; début; inizio; data inizio; dal", needed=True),
        _of("end", _D, _TIME, "end; end date; until; to; overall end time; ende; bis; bauende; "
            "date de fin; date fin; fin; fine; data fine; al"),
        _of("kind", _S, _KIND, "kind; type; what; vehicle impact; art; massnahme; maßnahme; "
            "nature; type de travaux; tipo; tipologia; descrizione lavori",
            codes={"full-closure": "full closure; closed; vollsperrung; route barrée; fermé; "
                   "chiusura totale; chiusura",
                   "lane-closure": "lane closure; some lanes closed; halbseitige sperrung; "
                   "fahrbahneinengung; circulation alternée; restringimento; senso unico alternato",
                   "footway": "footway; gehwegsperrung; trottoir; marciapiede"}),
        _of("diversion", _S, _TEXT, "diversion; detour; published diversion; umleitung; "
            "déviation; deviation; deviazione"),
        _of("operator", _S, _TEXT, "operator; contractor; bauherr; vorhabenträger; "
            "maître d'ouvrage; entreprise; committente; impresa"),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
    rules=(Rule(kind="order", columns=("start", "end"),
                reason="Works end after they begin."),),
)  # fmt: skip

_PARKING = Model(
    id="parking",
    title={"en": "Parking", "de": "Parken", "fr": "Stationnement", "it": "Parcheggi"},
    source="DATEX II v3 ParkingPublication, Smart Data Models OffStreetParking",
    words=("parking", "parkhaus", "parkplatz", "parkplätze", "ph", "pp", "tg", "car", "park",
           "stationnement", "parcheggio", "parcheggi", "parc", "busparkplatz"),
    one_of=("free", "capacity"),
    wide=("name", "free"),
    fields=(
        _of("name", _S, _ID, "name; car park; parking; parkhaus; parkplatz; parkhausname; "
            "bezeichnung; title; nom; nom du parking; parc de stationnement; parcheggio; nome; "
            "nome parcheggio", needed=True),
        _of("time", _T, _TIME, _WHEN),
        _of("free", _I, _MEASURE, "free; free spaces; available; available spot number; vacant; "
            "frei; freie plätze; freie parkplätze; places libres; places disponibles; libre; "
            "disponible; posti liberi; liberi; disponibili", unit="1", least=0),
        _of("capacity", _I, _MEASURE, "capacity; total; total spot number; spaces; "
            "capacity most common; kapazität; kapazitaet; stellplätze; anzahl parkplätze gesamt; "
            "gesamt; capacité; capacite; nombre de places; nb places; capienza; posti totali; "
            "posti auto; numero posti", unit="1", least=0),
        _of("status", _S, _KIND, _STATUS + "; flag; opening status",
            codes={"open": "open; offen; geöffnet; ouvert; aperto",
                   "closed": "closed; geschlossen; ges; fermé; ferme; chiuso",
                   "full": "full; besetzt; bes; belegt; complet; completo; pieno"}),
        _of("fee", _S, _TEXT, "fee; price; tariff; gebühr; preis; tarif; tariffa; prezzo"),
        _of("operator", _S, _TEXT, "operator; betreiber; exploitant; gestore"),
        _of("address", _S, _TEXT, "address; adresse; anschrift; adresse postale; indirizzo"),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
)  # fmt: skip

_METER = Model(
    id="meter",
    title={"en": "Meter readings", "de": "Zählerstände", "fr": "Relevés", "it": "Letture"},
    source="OGC SensorThings 1.1, Smart Data Models ACMeasurement and WaterConsumptionObserved",
    words=("meter", "zähler", "zählerstand", "verbrauch", "consumption", "consommation",
           "relevé", "consumo", "lettura", "contatore", "energie", "strom", "gas", "wasser"),
    fields=(
        _of("meter", _S, _ID, "meter; meter id; meter number; serial; zähler; zählernummer; "
            "zähler nr; compteur; numéro de compteur; pdl; prm; contatore; matricola; pod; pdr",
            needed=True),
        _of("time", _T, _TIME, _WHEN + "; reading date; ablesedatum; ablesung; date de relevé; "
            "data lettura", needed=True),
        _of("reading", _N, _MEASURE, "reading; meter reading; index; zählerstand; stand; relevé; "
            "lettura; valore contatore", least=0),
        _of("consumption", _N, _MEASURE, "consumption; usage; energy; verbrauch; energieverbrauch; "
            "consommation; consumo; energia", unit="kWh"),
        _of("medium", _S, _KIND, "medium; commodity; utility; energy source; sparte; "
            "energieträger; énergie; energie; fluide; vettore; fornitura",
            codes={"electricity": "electricity; power; strom; électricité; electricite; "
                   "elettricità; energia elettrica",
                   "gas": "gas; erdgas; gaz; metano",
                   "water": "water; wasser; eau; acqua",
                   "heat": "heat; district heating; fernwärme; wärme; chaleur; "
                   "teleriscaldamento; calore"}),
        _of("building", _S, _TEXT, "building; site; gebäude; objekt; liegenschaft; bâtiment; "
            "batiment; edificio; immobile"),
    ),
)  # fmt: skip

_AIR = Model(
    id="air-quality",
    title={"en": "Air quality", "de": "Luftqualität", "fr": "Qualité de l'air",
           "it": "Qualità dell'aria"},
    source="Smart Data Models AirQualityObserved, Directive 2008/50/EC",
    words=("air", "luft", "luftqualität", "qualité", "qualità", "pm10", "no2", "ozone", "ozon",
           "particulate", "feinstaub", "particules", "aria", "polveri"),
    fields=(
        _of("station", _S, _ID, "station; station code; station name; messstation; stationscode; "
            "code station; nom station; stazione; centralina; stazione di monitoraggio"),
        _of("time", _T, _TIME, _WHEN, needed=True),
        _of("pm10", _N, _MEASURE, "pm10; particulate matter pm10; feinstaub pm10; feinstaub; "
            "particules pm10; polveri pm10", unit="ug/m3", least=0, most=3000),
        _of("pm25", _N, _MEASURE, "pm25; pm2 5; particulate matter pm2 5; feinstaub pm2 5; "
            "particules pm2 5; polveri sottili pm2 5", unit="ug/m3", least=0, most=2000),
        _of("no2", _N, _MEASURE, "no2; nitrogen dioxide; nitrogen dioxide no2; stickstoffdioxid; "
            "stickstoffdioxid no2; dioxyde d'azote; biossido di azoto", unit="ug/m3", least=0,
            most=2000),
        _of("o3", _N, _MEASURE, "o3; ozone; ozone o3; ozon; ozon o3; ozono", unit="ug/m3",
            least=0, most=1000),
        _of("so2", _N, _MEASURE, "so2; sulphur dioxide; sulfur dioxide; schwefeldioxid; "
            "dioxyde de soufre; biossido di zolfo", unit="ug/m3", least=0, most=5000),
        _of("co", _N, _MEASURE, "co; carbon monoxide; kohlenmonoxid; monoxyde de carbone; "
            "monossido di carbonio", unit="mg/m3", least=0, most=500),
        _of("index", _S, _KIND, "air quality index; aqi; index; luftqualitätsindex; luftqualität; "
            "indice; indice atmo; indice de qualité de l'air; indice di qualità dell'aria"),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
)  # fmt: skip

_WASTE = Model(
    id="waste",
    title={"en": "Waste containers", "de": "Abfallbehälter", "fr": "Conteneurs",
           "it": "Contenitori"},
    source="Smart Data Models WasteContainer",
    words=("waste", "container", "glascontainer", "abfall", "müll", "altglas", "wertstoff",
           "déchets", "conteneur", "verre", "rifiuti", "cassonetto", "raccolta", "recycling"),
    fields=(
        _of("id", _S, _ID, "id; container id; behälternummer; identifiant; codice"),
        _of("kind", _S, _KIND, "container type; type; waste kind; containertyp; sorte; sorten; "
            "abfallart; fraktion; type de déchets; flux; tipo rifiuto; tipologia; frazione",
            needed=True,
            codes={"glass": "glass; glas; altglas; glascontainer; verre; vetro",
                   "paper": "paper; papier; altpapier; carton; carta; carta e cartone",
                   "organic": "organic; bio; biomüll; biodéchets; organico; umido",
                   "residual": "residual; general; restmüll; ordures ménagères; "
                   "indifferenziato; secco residuo",
                   "packaging": "packaging; plastic; gelber sack; wertstoff; leichtverpackung; "
                   "emballages; plastica; multimateriale",
                   "textile": "textile; textiles; altkleider; tessili; abiti usati"}),
        _of("place", _S, _TEXT, "location; site; address; standort; adresse; emplacement; "
            "ubicazione; indirizzo"),
        _of("district", _S, _KIND, "district; stadtteil; bezirk; quartier; arrondissement; "
            "quartiere; zona"),
        _of("volume", _N, _MEASURE, "volume; capacity; volumen; litrage; capacité; capacità; "
            "volumetria", unit="l", least=0),
        _of("filling", _N, _MEASURE, "filling; filling level; fill level; füllstand; "
            "taux de remplissage; remplissage; riempimento", unit="%", least=0, most=100),
        _of("weight", _N, _MEASURE, "weight; tonnage; gewicht; menge; poids; tonnage collecté; "
            "peso; quantità", unit="t", least=0),
        _of("time", _D, _TIME, "date; collection date; leerung; abfuhrtermin; datum; "
            "date de collecte; data raccolta"),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
)  # fmt: skip

_LIGHT = Model(
    id="street-light",
    title={"en": "Street lights", "de": "Straßenbeleuchtung", "fr": "Éclairage public",
           "it": "Illuminazione pubblica"},
    source="Smart Data Models Streetlight",
    words=("street", "light", "streetlight", "lamp", "leuchte", "strassenlaterne", "beleuchtung",
           "éclairage", "lampadaire", "luminaire", "candélabre", "lampione", "illuminazione"),
    fields=(
        _of("id", _S, _ID, "id; light id; lamp id; leuchtennummer; mast nr; mastnummer; "
            "numéro; identifiant; matricule; codice; numero palo", needed=True),
        _of("lamp", _S, _KIND, "lamp; lamp type; light source; leuchtmittel; lampentyp; "
            "leuchtenart; lampe; type de lampe; source lumineuse; lampada; tipo lampada; sorgente",
            needed=True,
            codes={"led": "led; diode",
                   "sodium": "sodium; high pressure sodium; hps; nav; natriumdampf; "
                   "sodium haute pression; shp; sodio; sap",
                   "mercury": "mercury; hme; quecksilberdampf; ballon fluorescent; mercurio",
                   "metal-halide": "metal halide; hit; halogen metalldampf; "
                   "iodures métalliques; ioduri metallici",
                   "fluorescent": "fluorescent; leuchtstoff; leuchtstofflampe; fluorescente"}),
        _of("power", _N, _MEASURE, "power; wattage; leistung; puissance; potenza", unit="W",
            least=0, most=5000),
        _of("height", _N, _MEASURE, "height; mounting height; masthöhe; lichtpunkthöhe; hauteur; "
            "altezza", unit="m", least=0, most=60),
        _of("installed", _D, _TIME, "installed; installation date; baujahr; inbetriebnahme; "
            "date d'installation; date de pose; data installazione"),
        _of("status", _S, _KIND, _STATUS,
            codes={"ok": "ok; working; in betrieb; en service; funzionante",
                   "defective": "defective; faulty; defekt; en panne; guasto"}),
        _of("street", _S, _TEXT, _STREET),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
)  # fmt: skip

_REPORT = Model(
    id="citizen-report",
    title={"en": "Reports of citizens", "de": "Meldungen", "fr": "Signalements",
           "it": "Segnalazioni"},
    source="Open311 GeoReport v2",
    words=("report", "request", "service", "meldung", "meldungen", "mängelmelder", "anliegen",
           "signalement", "signalements", "segnalazione", "segnalazioni", "complaint"),
    fields=(
        _of("service_request_id", _S, _ID, "service request id; request id; ticket; id; "
            "meldungsnummer; vorgangsnummer; numéro de signalement; identifiant; "
            "numero segnalazione; id segnalazione", needed=True),
        _of("status", _S, _KIND, _STATUS + "; bearbeitungsstand",
            codes={"open": "open; new; offen; neu; in bearbeitung; in progress; ouvert; nouveau; "
                   "en cours; aperta; aperto; in lavorazione; nuova",
                   "closed": "closed; done; erledigt; geschlossen; abgeschlossen; fermé; clos; "
                   "traité; résolu; chiusa; chiuso; risolta"}),
        _of("service_name", _S, _KIND, "service name; service; category; kategorie; thema; "
            "rubrik; catégorie; thème; type; categoria; tipologia; argomento", needed=True),
        _of("description", _S, _TEXT, "description; text; beschreibung; meldungstext; anliegen; "
            "texte; commentaire; descrizione; testo"),
        _of("requested_datetime", _T, _TIME, "requested datetime; requested; created; date; "
            "eingang; eingegangen am; gemeldet am; erstellt; meldedatum; date de création; "
            "date du signalement; date; data segnalazione; data apertura; data", needed=True),
        _of("updated_datetime", _T, _TIME, "updated datetime; updated; closed at; erledigt am; "
            "aktualisiert; date de clôture; mis à jour; data chiusura; aggiornata il"),
        _of("address", _S, _TEXT, "address; street; adresse; ort; strasse; straße; lieu; "
            "indirizzo; luogo; via"),
        _of("agency_responsible", _S, _KIND, "agency responsible; department; amt; zuständig; "
            "zuständigkeit; service responsable; ufficio; settore"),
        _of("geometry", _G, _PLACE, _WHERE),
    ),
    rules=(Rule(kind="order", columns=("requested_datetime", "updated_datetime"),
                reason="A report is answered after it was made."),),
)  # fmt: skip

_BUDGET = Model(
    id="budget-line",
    title={"en": "Budget lines", "de": "Haushalt", "fr": "Budget", "it": "Bilancio"},
    source="Fiscal Data Package, Open Contracting Data Standard",
    words=("budget", "haushalt", "haushaltsplan", "expenditure", "spending", "dépenses",
           "subventions", "subsidies", "spese", "bilancio", "ausgaben", "einnahmen", "subsidie"),
    fields=(
        _of("year", _I, _KIND, "year; fiscal year; financial year; jahr; haushaltsjahr; année; "
            "exercice; annee; anno; esercizio; jaar", needed=True, least=1900, most=2200),
        _of("amount", _N, _MEASURE, "amount; value; budget; spend; betrag; ansatz; summe; "
            "ergebnis; montant; montant voté; crédits; importo; stanziamento; impegnato; bedrag",
            unit="EUR", needed=True),
        _of("direction", _S, _KIND, "direction; revenue or expenditure; einnahme ausgabe; art; "
            "sens; recette dépense; entrata uscita; entrata spesa",
            codes={"expenditure": "expenditure; spending; aufwand; ausgabe; ausgaben; "
                   "auszahlung; dépense; depense; d; spesa; uscita; spese",
                   "revenue": "revenue; income; ertrag; einnahme; einnahmen; einzahlung; "
                   "recette; r; entrata; entrate"}),
        _of("phase", _S, _KIND, "phase; budget phase; planstatus; étape; fase",
            codes={"proposed": "proposed; entwurf; proposé; proposto",
                   "approved": "approved; ansatz; plan; voté; vote; approvato; previsione",
                   "adjusted": "adjusted; nachtrag; modifié; assestato; variazione",
                   "executed": "executed; actual; ergebnis; ist; réalisé; mandaté; consuntivo"}),
        _of("function", _S, _KIND, "function; functional classification; product; produktgruppe; "
            "produkt; produktbereich; fonction; nature fonction; missione; programma; funzione"),
        _of("account", _S, _KIND, "account; economic classification; sachkonto; konto; kontenart; "
            "compte; nature; chapitre; conto; capitolo; titolo; piano dei conti"),
        _of("unit", _S, _KIND, "administrative unit; department; amt; dezernat; teilhaushalt; "
            "direction; service; centro di responsabilità; settore; ufficio"),
        _of("payee", _S, _TEXT, "payee; supplier; beneficiary; recipient; empfänger; "
            "zahlungsempfänger; bénéficiaire; beneficiaire; tiers; beneficiario; fornitore"),
        _of("description", _S, _TEXT, "description; purpose; label; bezeichnung; zweck; libellé; "
            "libelle; objet; descrizione; oggetto; causale"),
    ),
)  # fmt: skip

MODELS: dict[str, Model] = {
    one.id: one
    for one in (
        _CRASH,
        _COUNT,
        _ROADWORK,
        _PARKING,
        _METER,
        _AIR,
        _WASTE,
        _LIGHT,
        _REPORT,
        _BUDGET,
    )
}
"""The field's own tables by their names."""
