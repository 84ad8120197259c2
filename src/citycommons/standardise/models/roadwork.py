"""Road works: DATEX II v3 `Roadworks`, WZDx 4.2 work zone road event."""

from citycommons.core.types import Rule
from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    DAY,
    GEO,
    ID,
    KIND,
    PLACE,
    STR,
    STREET,
    TEXT,
    TIME,
    WHERE,
    of,
)

MODEL = Model(
    id="roadwork",
    title={"en": "Roadworks", "de": "Baustellen", "fr": "Travaux", "it": "Cantieri"},
    source="DATEX II v3 Roadworks, WZDx 4.2",
    words=("roadworks", "roadwork", "baustelle", "baustellen", "sperrung", "travaux", "chantier",
           "cantiere", "cantieri", "lavori", "closure"),
    fields=(
        of("id", STR, ID, "id; situation id; permit; aktenzeichen; baustellennummer; numéro; "
            "identifiant; codice; numero cantiere"),
        of("street", STR, TEXT, STREET, needed=True),
        of("section", STR, TEXT, "section; between; abschnitt; von bis; tronçon; tratto"),
        of("start", DAY, TIME, "start; start date; begin; from; overall start time; beginn; von; "
            "baubeginn; date de début; date debut; début; inizio; data inizio; dal", needed=True),
        of("end", DAY, TIME, "end; end date; until; to; overall end time; ende; bis; bauende; "
            "date de fin; date fin; fin; fine; data fine; al"),
        of("kind", STR, KIND, "kind; type; what; vehicle impact; art; massnahme; maßnahme; "
            "nature; type de travaux; tipo; tipologia; descrizione lavori",
            codes={"full-closure": "full closure; closed; vollsperrung; route barrée; fermé; "
                   "chiusura totale; chiusura",
                   "lane-closure": "lane closure; some lanes closed; halbseitige sperrung; "
                   "fahrbahneinengung; circulation alternée; restringimento; senso unico alternato",
                   "footway": "footway; gehwegsperrung; trottoir; marciapiede"}),
        of("diversion", STR, TEXT, "diversion; detour; published diversion; umleitung; "
            "déviation; deviation; deviazione"),
        of("operator", STR, TEXT, "operator; contractor; bauherr; vorhabenträger; "
            "maître d'ouvrage; entreprise; committente; impresa"),
        of("geometry", GEO, PLACE, WHERE),
    ),
    rules=(Rule(kind="order", columns=("start", "end"),
                reason="Works end after they begin."),),
)  # fmt: skip
