"""Reports of citizens: Open311 GeoReport v2 (service request)."""

from citycommons.core.types import Rule
from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import (
    AT,
    GEO,
    ID,
    KIND,
    PLACE,
    STATUS,
    STR,
    TEXT,
    TIME,
    WHERE,
    of,
)

MODEL = Model(
    id="citizen-report",
    title={"en": "Reports of citizens", "de": "Meldungen", "fr": "Signalements",
           "it": "Segnalazioni"},
    source="Open311 GeoReport v2",
    words=("report", "request", "service", "meldung", "meldungen", "mängelmelder", "anliegen",
           "signalement", "signalements", "segnalazione", "segnalazioni", "complaint"),
    fields=(
        of("service_request_id", STR, ID, "service request id; request id; ticket; id; "
            "meldungsnummer; vorgangsnummer; numéro de signalement; identifiant; "
            "numero segnalazione; id segnalazione", needed=True),
        of("status", STR, KIND, STATUS + "; bearbeitungsstand",
            codes={"open": "open; new; offen; neu; in bearbeitung; in progress; ouvert; nouveau; "
                   "en cours; aperta; aperto; in lavorazione; nuova",
                   "closed": "closed; done; erledigt; geschlossen; abgeschlossen; fermé; clos; "
                   "traité; résolu; chiusa; chiuso; risolta"}),
        of("service_name", STR, KIND, "service name; service; category; kategorie; thema; "
            "rubrik; catégorie; thème; type; categoria; tipologia; argomento", needed=True),
        of("description", STR, TEXT, "description; text; beschreibung; meldungstext; anliegen; "
            "texte; commentaire; descrizione; testo"),
        of("requested_datetime", AT, TIME, "requested datetime; requested; created; date; "
            "eingang; eingegangen am; gemeldet am; erstellt; meldedatum; date de création; "
            "date du signalement; date; data segnalazione; data apertura; data", needed=True),
        of("updated_datetime", AT, TIME, "updated datetime; updated; closed at; erledigt am; "
            "aktualisiert; date de clôture; mis à jour; data chiusura; aggiornata il"),
        of("address", STR, TEXT, "address; street; adresse; ort; strasse; straße; lieu; "
            "indirizzo; luogo; via"),
        of("agency_responsible", STR, KIND, "agency responsible; department; amt; zuständig; "
            "zuständigkeit; service responsable; ufficio; settore"),
        of("geometry", GEO, PLACE, WHERE),
    ),
    rules=(Rule(kind="order", columns=("requested_datetime", "updated_datetime"),
                reason="A report is answered after it was made."),),
)  # fmt: skip
