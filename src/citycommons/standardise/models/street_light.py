"""Street lights: Smart Data Models `Streetlight`."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    DAY,
    GEO,
    ID,
    KIND,
    MEASURE,
    NUM,
    PLACE,
    STATUS,
    STR,
    STREET,
    TEXT,
    TIME,
    WHERE,
    of,
)

MODEL = Model(
    id="street-light",
    title={"en": "Street lights", "de": "Straßenbeleuchtung", "fr": "Éclairage public",
           "it": "Illuminazione pubblica"},
    source="Smart Data Models Streetlight",
    words=("street", "light", "streetlight", "lamp", "leuchte", "strassenlaterne", "beleuchtung",
           "éclairage", "lampadaire", "luminaire", "candélabre", "lampione", "illuminazione"),
    fields=(
        of("id", STR, ID, "id; light id; lamp id; leuchtennummer; mast nr; mastnummer; "
            "numéro; identifiant; matricule; codice; numero palo", needed=True),
        of("lamp", STR, KIND, "lamp; lamp type; light source; leuchtmittel; lampentyp; "
            "leuchtenart; lampe; type de lampe; source lumineuse; lampada; tipo lampada; sorgente",
            needed=True,
            codes={"led": "led; diode",
                   "sodium": "sodium; high pressure sodium; hps; nav; natriumdampf; "
                   "sodium haute pression; shp; sodio; sap",
                   "mercury": "mercury; hme; quecksilberdampf; ballon fluorescent; mercurio",
                   "metal-halide": "metal halide; hit; halogen metalldampf; "
                   "iodures métalliques; ioduri metallici",
                   "fluorescent": "fluorescent; leuchtstoff; leuchtstofflampe; fluorescente"}),
        of("power", NUM, MEASURE, "power; wattage; leistung; puissance; potenza", unit="W",
            least=0, most=5000),
        of("height", NUM, MEASURE, "height; mounting height; masthöhe; lichtpunkthöhe; hauteur; "
            "altezza", unit="m", least=0, most=60),
        of("installed", DAY, TIME, "installed; installation date; baujahr; inbetriebnahme; "
            "date d'installation; date de pose; data installazione"),
        of("status", STR, KIND, STATUS,
            codes={"ok": "ok; working; in betrieb; en service; funzionante",
                   "defective": "defective; faulty; defekt; en panne; guasto"}),
        of("street", STR, TEXT, STREET),
        of("geometry", GEO, PLACE, WHERE),
    ),
)  # fmt: skip
