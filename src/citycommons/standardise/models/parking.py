"""Car parks: DATEX II v3 `ParkingPublication`, Smart Data Models `OffStreetParking`."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    AT,
    GEO,
    ID,
    INT,
    KIND,
    MEASURE,
    PLACE,
    STATUS,
    STR,
    TEXT,
    TIME,
    WHEN,
    WHERE,
    of,
)

MODEL = Model(
    id="parking",
    title={"en": "Parking", "de": "Parken", "fr": "Stationnement", "it": "Parcheggi"},
    source="DATEX II v3 ParkingPublication, Smart Data Models OffStreetParking",
    words=("parking", "parkhaus", "parkplatz", "parkplätze", "ph", "pp", "tg", "car", "park",
           "stationnement", "parcheggio", "parcheggi", "parc", "busparkplatz"),
    one_of=("free", "capacity"),
    wide=("name", "free"),
    fields=(
        of("name", STR, ID, "name; car park; parking; parkhaus; parkplatz; parkhausname; "
            "bezeichnung; title; nom; nom du parking; parc de stationnement; parcheggio; nome; "
            "nome parcheggio", needed=True),
        of("time", AT, TIME, WHEN),
        of("free", INT, MEASURE, "free; free spaces; available; available spot number; vacant; "
            "frei; freie plätze; freie parkplätze; places libres; places disponibles; libre; "
            "disponible; posti liberi; liberi; disponibili", unit="1", least=0),
        of("capacity", INT, MEASURE, "capacity; total; total spot number; spaces; "
            "capacity most common; kapazität; kapazitaet; stellplätze; anzahl parkplätze gesamt; "
            "gesamt; capacité; capacite; nombre de places; nb places; capienza; posti totali; "
            "posti auto; numero posti", unit="1", least=0),
        of("status", STR, KIND, STATUS + "; flag; opening status",
            codes={"open": "open; offen; geöffnet; ouvert; aperto",
                   "closed": "closed; geschlossen; ges; fermé; ferme; chiuso",
                   "full": "full; besetzt; bes; belegt; complet; completo; pieno"}),
        of("fee", STR, TEXT, "fee; price; tariff; gebühr; preis; tarif; tariffa; prezzo"),
        of("operator", STR, TEXT, "operator; betreiber; exploitant; gestore"),
        of("address", STR, TEXT, "address; adresse; anschrift; adresse postale; indirizzo"),
        of("geometry", GEO, PLACE, WHERE),
    ),
)  # fmt: skip
